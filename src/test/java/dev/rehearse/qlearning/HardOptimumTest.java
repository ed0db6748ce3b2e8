package dev.rehearse.qlearning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.networks.NetworkOptions.ValueTrunk;
import dev.rehearse.networks.Objective;
import dev.rehearse.networks.TokenBatch;
import dev.rehearse.qlearning.Hyperparameters.Draws;
import dev.rehearse.qlearning.Hyperparameters.Form;
import dev.rehearse.qlearning.Hyperparameters.Loss;
import dev.rehearse.qlearning.Hyperparameters.Maximum;
import dev.rehearse.qlearning.Hyperparameters.Streams;
import dev.rehearse.qlearning.Hyperparameters.TargetSync;
import dev.rehearse.replay.ReplayMemory;
import dev.rehearse.replay.ReplayRandom;
import dev.rehearse.replay.ReplaySettings;
import dev.rehearse.replay.Sampling;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The algorithms with Q tables, on the task whose exact values are known: from uniformly random behaviour the real
 * learner and the real memory reach them, and with a broken target they do not.
 */
class HardOptimumTest {
    private static final double SHARE = Hyperparameter.SUPPORT_MASK.defaultValue();
    private static final double EXACT = 5e-3;
    private static final int UPDATES = 800;
    private static final int BATCH = 32;

    private final TreeTask task = new TreeTask(11);
    private final Map<Hyperparameter, Double> given = new EnumMap<>(Map.of(
            Hyperparameter.VALUE_LEARNING_RATE, 0.5,
            Hyperparameter.KL_WEIGHT, 0.0));
    private TabularNetwork policy = task.prior().withQ(1);
    private TabularNetwork target = policy.copy();

    @ParameterizedTest
    @EnumSource
    void dqnReachesTheExactOptimumOverThePriorsSupport(Maximum maximum) {
        given.put(Hyperparameter.TARGET_TAU, 0.1);
        learn(new Form(Algorithm.DQN, maximum, Streams.SINGLE));
        assertThat(task.qError(policy, TreeTask.best(SHARE))).isLessThan(EXACT);
    }

    @Test
    void theOptimumOverThePriorsSupportIsAnotherThanTheOptimumOfAllActions() {
        given.put(Hyperparameter.TARGET_TAU, 0.1);
        given.put(Hyperparameter.SUPPORT_MASK, 0.0);
        learn(Form.of(Algorithm.DQN));
        assertThat(task.qError(policy, TreeTask.best(0))).isLessThan(EXACT);
        assertThat(task.qError(policy, TreeTask.best(SHARE))).isGreaterThan(20 * EXACT);
    }

    @Test
    void dqnThatTrustsTheWholePathOfRandomBehaviourLearnsItsReturns() {
        given.put(Hyperparameter.TARGET_TAU, 0.1);
        given.put(Hyperparameter.N_STEP, 0.0);
        learn(Form.of(Algorithm.DQN));
        assertThat(task.qError(policy, TreeTask.best(SHARE))).isGreaterThan(20 * EXACT);
    }

    @ParameterizedTest
    @EnumSource
    void dqnWithABrokenTargetMissesIt(BrokenTarget broken) {
        given.put(Hyperparameter.TARGET_TAU, 0.1);
        broken.into(this);
        learn(Form.of(Algorithm.DQN));
        assertThat(task.qError(policy, TreeTask.best(SHARE))).isGreaterThan(20 * EXACT);
    }

    /** Ways to get the backup wrong. */
    enum BrokenTarget {
        BOOTSTRAPS_FROM_THE_STATE_BEFORE_THE_ACTION {
            @Override
            void into(HardOptimumTest test) {
                test.target.valuing(HardOptimumTest::previousState);
            }
        },
        NEVER_BOOTSTRAPS {
            @Override
            void into(HardOptimumTest test) {
                test.target.valuing(values -> new float[values.length][TreeTask.DEPTH + 1]);
            }
        },
        DROPS_THE_REWARD {
            @Override
            void into(HardOptimumTest test) {
                test.policy.learning(test::withoutReward);
            }
        };

        abstract void into(HardOptimumTest test);
    }

    private static float[][] previousState(float[][] values) {
        float[][] shifted = new float[values.length][];
        for (int b = 0; b < values.length; b++) {
            shifted[b] = new float[values[b].length];
            System.arraycopy(values[b], 0, shifted[b], 1, values[b].length - 1);
        }
        return shifted;
    }

    private Objective withoutReward(TokenBatch batch, Objective objective) {
        Objective.HeadQ whole = (Objective.HeadQ) objective;
        Objective.Targets broken = (first, readings) -> {
            float[][] targets = whole.targets().of(first, readings);
            float[][] less = new float[targets.length][];
            for (int b = 0; b < less.length; b++) {
                less[b] = targets[b].clone();
                for (int k = 0; k < less[b].length; k++) {
                    int[] tokens = batch.tokens()[first + b];
                    java.util.List<Integer> state =
                            java.util.Arrays.stream(tokens, 0, k + 1).boxed().toList();
                    less[b][k] -= (float) task.reward(state, tokens[k + 1]);
                }
            }
            return less;
        };
        return new Objective.HeadQ(
                broken, whole.valueTargets(), whole.importance(), whole.demonstration(), whole.prior(), whole.loss());
    }

    @Test
    void ilqlComesCloseToTheOptimumOfTheActionsSeenAsTauNearsOne() {
        policy = task.prior().withQ(2);
        target = policy.copy();
        given.put(Hyperparameter.TARGET_TAU, 0.1);
        given.put(Hyperparameter.CQL_WEIGHT, 0.0);
        given.put(Hyperparameter.VALUE_WEIGHT, 1.0);
        given.put(Hyperparameter.EXPECTILE, 0.99);
        learn(Form.of(Algorithm.ILQL));
        assertThat(task.qError(policy, TreeTask.best(0))).isLessThan(0.1);
        assertThat(task.qError(policy, TreeTask::mean)).isGreaterThan(0.5);
    }

    @Test
    void mcLearnsTheReturnsOfTheBehaviour() {
        given.put(Hyperparameter.CQL_WEIGHT, 0.0);
        given.put(Hyperparameter.VALUE_LEARNING_RATE, 0.2);
        learn(Form.of(Algorithm.MC));
        assertThat(task.qError(policy, TreeTask::mean)).isLessThan(0.1);
        assertThat(task.qError(policy, TreeTask.best(0))).isGreaterThan(0.5);
    }

    private void learn(Form form) {
        ReplayMemory memory = new ReplayMemory(
                new ReplaySettings(
                        TreeTask.LETTERS,
                        new ReplaySettings.Bounds(1_000, Long.MAX_VALUE, 1 << 20),
                        new Sampling.Uniform(),
                        0,
                        ReplaySettings.Reuse.UNLIMITED,
                        ReplaySettings.Pace.OFFLINE),
                new ReplayRandom(3),
                () -> 0);
        task.everyWord().forEach(memory::add);
        Hyperparameters settings =
                new Hyperparameters(form, given, Draws.UNIFORM, TargetSync.EMA, Loss.MSE, ValueTrunk.SHARED);
        Learner.Networks networks = new Learner.Networks(policy, target, task.prior(), policy.copy());
        Learner learner = new Learner(networks, memory, settings, BATCH, UPDATES, 1);
        for (int i = 0; i < UPDATES; i++) {
            learner.update();
        }
    }
}
