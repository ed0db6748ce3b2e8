package dev.rehearse.qlearning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.networks.NetworkOptions.ValueTrunk;
import dev.rehearse.networks.Objective;
import dev.rehearse.networks.Readings;
import dev.rehearse.networks.TokenBatch;
import dev.rehearse.qlearning.Hyperparameters.Draws;
import dev.rehearse.qlearning.Hyperparameters.Form;
import dev.rehearse.qlearning.Hyperparameters.Loss;
import dev.rehearse.qlearning.Hyperparameters.TargetSync;
import dev.rehearse.replay.ReplayMemory;
import dev.rehearse.replay.ReplayRandom;
import dev.rehearse.replay.ReplaySettings;
import dev.rehearse.replay.Sampling;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * On a task whose optimum is known, the real learner and the real memory reach it from uniformly random behaviour,
 * without any importance correction. V* is spread over about 1, so a broken target is off by tenths.
 */
class SoftOptimumTest {
    private static final double TOLERANCE = 5e-3;
    private static final int UPDATES = 800;
    private static final int BATCH = 32;

    private final TreeTask task = new TreeTask(11);
    private final TabularNetwork policy = task.prior().copy();
    private final TabularNetwork target = policy.copy();

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.7, 1})
    void everyMixOfTargetsReachesTheOptimum(double lambda) {
        learn(lambda, new Sampling.Uniform());
        assertThat(task.valueError(policy)).as("V").isLessThan(TOLERANCE);
        assertThat(task.policyError(policy)).as("policy").isLessThan(TOLERANCE);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.7, 1})
    void prioritisedDrawsReachTheSameOptimum(double lambda) {
        learn(lambda, new Sampling.Prioritized(0.6, 0.4));
        assertThat(task.valueError(policy)).as("V").isLessThan(TOLERANCE);
        assertThat(task.policyError(policy)).as("policy").isLessThan(TOLERANCE);
    }

    @Test
    void theStartIsFarFromTheOptimum() {
        assertThat(task.valueError(policy)).isGreaterThan(50 * TOLERANCE);
        assertThat(task.policyError(policy)).isGreaterThan(50 * TOLERANCE);
    }

    @Test
    void bootstrappingFromTheStateBeforeTheActionMissesIt() {
        target.answering(SoftOptimumTest::previousState);
        learn(0, new Sampling.Uniform());
        assertThat(task.valueError(policy)).as("V").isGreaterThan(20 * TOLERANCE);
    }

    @Test
    void aWholePathWithoutItsLogRatiosMissesIt() {
        policy.learning(this::plainReturns);
        learn(1, new Sampling.Uniform());
        assertThat(task.valueError(policy)).as("V").isGreaterThan(20 * TOLERANCE);
        assertThat(task.policyError(policy)).as("policy").isGreaterThan(20 * TOLERANCE);
    }

    private void learn(double lambda, Sampling sampling) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(5);
        ReplayMemory memory = new ReplayMemory(
                new ReplaySettings(
                        TreeTask.LETTERS,
                        new ReplaySettings.Bounds(1_000, Long.MAX_VALUE, 1 << 20),
                        sampling,
                        0,
                        ReplaySettings.Reuse.UNLIMITED,
                        ReplaySettings.Pace.OFFLINE),
                new ReplayRandom(3),
                () -> 0);
        for (int i = 0; i < 1_000; i++) {
            memory.add(task.episode(random));
        }
        Learner.Networks networks = new Learner.Networks(policy, target, task.prior(), policy.copy());
        Learner learner = new Learner(networks, memory, settings(lambda, sampling), BATCH, UPDATES, 1);
        for (int i = 0; i < UPDATES; i++) {
            learner.update();
        }
    }

    private static Hyperparameters settings(double lambda, Sampling sampling) {
        return new Hyperparameters(
                Form.of(Algorithm.SOFT_DQN),
                Map.of(
                        Hyperparameter.ALPHA, TreeTask.ALPHA,
                        Hyperparameter.LAMBDA, lambda,
                        Hyperparameter.LEARNING_RATE, 1.0,
                        Hyperparameter.VALUE_LEARNING_RATE, 0.5,
                        Hyperparameter.VALUE_WEIGHT, 1.0,
                        Hyperparameter.VALUE_WARMUP_STEPS, 0.0,
                        Hyperparameter.TARGET_TAU, 0.1,
                        Hyperparameter.KL_WEIGHT, 0.0),
                sampling instanceof Sampling.Uniform ? Draws.UNIFORM : Draws.PRIORITIZED,
                TargetSync.EMA,
                Loss.MSE,
                ValueTrunk.SHARED);
    }

    /** Answers with V(s_t) where V(s_{t+1}) is asked. */
    private static Readings previousState(Readings readings) {
        float[][] shifted = new float[readings.values().length][];
        for (int b = 0; b < shifted.length; b++) {
            float[] values = readings.values()[b];
            shifted[b] = new float[values.length];
            System.arraycopy(values, 0, shifted[b], 1, values.length - 1);
        }
        return new Readings(readings.logProbs(), shifted);
    }

    /** Targets that are the discounted rewards, as if the path had cost no divergence. */
    private Objective plainReturns(TokenBatch batch, Objective objective) {
        Objective.SoftQ soft = (Objective.SoftQ) objective;
        Objective.Targets plain = (first, readings) -> {
            float[][] targets = soft.targets().of(first, readings);
            for (int b = 0; b < targets.length; b++) {
                for (int k = 0; k < targets[b].length; k++) {
                    targets[b][k] = task.plainReturn(batch.tokens()[first + b], k + 1);
                }
            }
            return targets;
        };
        return new Objective.SoftQ(
                plain, soft.priorLogProbs(), soft.importance(), soft.demonstration(), soft.prior(), soft.loss());
    }
}
