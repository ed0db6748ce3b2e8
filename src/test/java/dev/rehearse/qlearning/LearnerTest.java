package dev.rehearse.qlearning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.rehearse.networks.NetworkOptions.ValueTrunk;
import dev.rehearse.qlearning.Hyperparameters.Draws;
import dev.rehearse.qlearning.Hyperparameters.Form;
import dev.rehearse.qlearning.Hyperparameters.Loss;
import dev.rehearse.qlearning.Hyperparameters.TargetSync;
import dev.rehearse.replay.Episode;
import dev.rehearse.replay.ReplayMemory;
import dev.rehearse.replay.ReplayRandom;
import dev.rehearse.replay.ReplaySettings;
import dev.rehearse.replay.Sampling;
import dev.rehearse.replay.Source;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class LearnerTest {
    private static final int BATCH = 16;
    private static final int TOTAL = 1_000;

    private final RandomGenerator random =
            RandomGeneratorFactory.of("L64X128MixRandom").create(2);
    private final TreeTask task = new TreeTask(4);
    private final TabularNetwork policy = task.prior().copy();
    private final TabularNetwork target = policy.copy();
    private final TabularNetwork average = policy.copy();
    private final Map<Hyperparameter, Double> given = new EnumMap<>(Map.of(
            Hyperparameter.VALUE_WARMUP_STEPS, 0.0,
            Hyperparameter.WARMUP_STEPS, 0.0,
            Hyperparameter.LEARNING_RATE, 1.0,
            Hyperparameter.VALUE_LEARNING_RATE, 0.5));
    private TargetSync sync = TargetSync.EMA;
    private Loss loss = Loss.MSE;
    private Sampling sampling = new Sampling.Uniform();

    private ReplayMemory memory() {
        return new ReplayMemory(
                new ReplaySettings(
                        TreeTask.LETTERS,
                        new ReplaySettings.Bounds(100, Long.MAX_VALUE, 1 << 20),
                        sampling,
                        0,
                        ReplaySettings.Reuse.UNLIMITED,
                        ReplaySettings.Pace.OFFLINE),
                new ReplayRandom(3),
                () -> 0);
    }

    private ReplayMemory filled() {
        ReplayMemory memory = memory();
        for (int i = 0; i < 100; i++) {
            memory.add(task.episode(random));
        }
        return memory;
    }

    private Learner learner(ReplayMemory memory) {
        return learner(memory, 1);
    }

    private Learner learner(ReplayMemory memory, double rewardScale) {
        Draws draws = sampling instanceof Sampling.Uniform ? Draws.UNIFORM : Draws.PRIORITIZED;
        Hyperparameters settings =
                new Hyperparameters(Form.of(Algorithm.SOFT_DQN), given, draws, sync, loss, ValueTrunk.SHARED);
        Learner.Networks networks = new Learner.Networks(policy, target, task.prior(), average);
        return new Learner(networks, memory, settings, BATCH, TOTAL, rewardScale);
    }

    private static void update(Learner learner, int times) {
        for (int i = 0; i < times; i++) {
            learner.update();
        }
    }

    @Test
    void eachUpdateDrawsOneBatchAndIsCounted() {
        ReplayMemory memory = filled();
        Learner learner = learner(memory);
        Update update = learner.update();
        learner.update();
        assertThat(learner.steps()).isEqualTo(2);
        assertThat(memory.stats().drawn()).isEqualTo(2 * BATCH);
        assertThat(memory.limiter().counters().learned()).isEqualTo(2 * BATCH);
        assertThat(update.actions()).isEqualTo(BATCH * TreeTask.DEPTH);
    }

    @Test
    void aBatchMayBeLargerThanTheMemory() {
        ReplayMemory memory = memory();
        memory.add(task.episode(random));
        assertThat(learner(memory).update().actions()).isEqualTo(BATCH * TreeTask.DEPTH);
    }

    @Test
    void anEmaTargetFollowsByItsShare() {
        given.put(Hyperparameter.TARGET_TAU, 0.25);
        double start = target.value(TreeTask.ROOT);
        update(learner(filled()), 1);
        double moved = policy.value(TreeTask.ROOT) - start;
        assertThat(moved).isNotZero();
        assertThat(target.value(TreeTask.ROOT) - start).isCloseTo(0.25 * moved, within(1e-12));
    }

    @Test
    void aHardTargetIsCopiedAtItsIntervalAndNotBefore() {
        sync = TargetSync.HARD;
        given.put(Hyperparameter.TARGET_INTERVAL, 3.0);
        Learner learner = learner(filled());
        update(learner, 2);
        assertThat(target.value(TreeTask.ROOT)).isZero();
        update(learner, 1);
        double copied = policy.value(TreeTask.ROOT);
        assertThat(target.value(TreeTask.ROOT)).isEqualTo(copied).isNotZero();
        update(learner, 2);
        assertThat(target.value(TreeTask.ROOT)).isEqualTo(copied).isNotEqualTo(policy.value(TreeTask.ROOT));
    }

    @Test
    void theAverageKeepsItsDecayOfItself() {
        given.put(Hyperparameter.WEIGHT_AVERAGE, 0.8);
        double start = average.logits(TreeTask.ROOT)[1];
        update(learner(filled()), 1);
        double moved = policy.logits(TreeTask.ROOT)[1] - start;
        assertThat(moved).isNotZero();
        assertThat(average.logits(TreeTask.ROOT)[1] - start).isCloseTo(0.2 * moved, within(1e-12));
    }

    @Test
    void theWarmUpOfVLeavesThePolicyUnchanged() {
        given.put(Hyperparameter.VALUE_WARMUP_STEPS, 20.0);
        Learner learner = learner(filled());
        double[] logits = policy.logits(TreeTask.ROOT).clone();
        update(learner, 20);
        assertThat(policy.logits(TreeTask.ROOT)).isEqualTo(logits);
        assertThat(policy.rates.model()).as("rate of the trunk that V shares").isZero();
        assertThat(policy.value(TreeTask.ROOT)).isNotZero();
        update(learner, 1);
        assertThat(policy.logits(TreeTask.ROOT)).isNotEqualTo(logits);
    }

    @Test
    void theTargetTakesOverWhatVLearnedInItsWarmUp() {
        given.put(Hyperparameter.VALUE_WARMUP_STEPS, 5.0);
        Learner learner = learner(filled());
        update(learner, 4);
        assertThat(target.value(TreeTask.ROOT)).isNotEqualTo(policy.value(TreeTask.ROOT));
        update(learner, 1);
        assertThat(target.value(TreeTask.ROOT)).isEqualTo(policy.value(TreeTask.ROOT));
    }

    @Test
    void theWarmUpOfVLearnsMeanReturns() {
        given.put(Hyperparameter.VALUE_WARMUP_STEPS, 100.0);
        ReplayMemory memory = memory();
        Episode episode = task.episode(random);
        memory.add(episode);
        update(learner(memory), 60);
        assertThat(policy.value(TreeTask.ROOT)).isCloseTo(task.plainReturn(episode.tokens(), 1), within(1e-3));
    }

    @Test
    void theWarmUpOfVTakesHalfOfAShortRunAtMost() {
        given.put(Hyperparameter.VALUE_WARMUP_STEPS, (double) TOTAL);
        Learner learner = learner(filled());
        update(learner, TOTAL / 2);
        assertThat(learner.modelRate()).isPositive();
    }

    @Test
    void theModelsRateStartsAfterTheWarmUpOfVAndEndsAtATenthOfItsPeak() {
        given.put(Hyperparameter.VALUE_WARMUP_STEPS, 100.0);
        Learner learner = learner(filled());
        assertThat(learner.modelRate()).isZero();
        update(learner, 100);
        assertThat(learner.modelRate()).isEqualTo(1);
        update(learner, TOTAL - 100);
        assertThat(learner.modelRate()).isCloseTo(0.1, within(1e-9));
    }

    @Test
    void errorsAreQLessTargetAtActionsAndNothingElsewhere() {
        given.put(Hyperparameter.LAMBDA, 0.0);
        ReplayMemory memory = memory();
        Episode episode = task.episode(random);
        memory.add(episode);
        policy.setValue(TreeTask.ROOT, 2);
        policy.logits(TreeTask.ROOT)[episode.tokens()[1]] += 5;
        double ratio = policy.logProbs(TreeTask.ROOT)[episode.tokens()[1]] - episode.priorLogProbs()[1];
        float advantage = (float) (Hyperparameter.ALPHA.defaultValue() * ratio);
        Update update = learner(memory).update();
        float[] rewards = episode.rewards();
        float[] expected = {0, 2 + advantage - rewards[1], -rewards[2], -rewards[3]};
        assertThat(java.util.Arrays.copyOf(update.errors(), 4)).containsExactly(expected, within(1e-5f));
    }

    @Test
    void rewardsAreMeasuredInTheirStandardDeviation() {
        given.put(Hyperparameter.LAMBDA, 0.0);
        ReplayMemory memory = memory();
        Episode episode = task.episode(random);
        memory.add(episode);
        Update update = learner(memory, 4).update();
        assertThat(update.errors()[1]).isCloseTo(-episode.rewards()[1] / 4, within(1e-5f));
    }

    @Test
    void huberBoundsWhatOneErrorMoves() {
        loss = Loss.HUBER;
        given.put(Hyperparameter.HUBER_DELTA, 0.5);
        given.put(Hyperparameter.VALUE_WEIGHT, 1.0);
        policy.setValue(TreeTask.ROOT, 100);
        update(learner(filled()), 1);
        assertThat(policy.value(TreeTask.ROOT)).isCloseTo(100 - 0.5 * 0.5, within(1e-6));
    }

    @Test
    void theKlTermPullsBackToThePrior() {
        given.put(Hyperparameter.KL_WEIGHT, 100.0);
        given.put(Hyperparameter.LEARNING_RATE, 0.01);
        policy.logits(TreeTask.ROOT)[0] += 1;
        double before = task.prior().logProbs(TreeTask.ROOT)[0] - policy.logProbs(TreeTask.ROOT)[0];
        update(learner(filled()), 20);
        double after = task.prior().logProbs(TreeTask.ROOT)[0] - policy.logProbs(TreeTask.ROOT)[0];
        assertThat(Math.abs(after)).isLessThan(Math.abs(before) / 10);
    }

    @Test
    void anUpdateGivesSurprisingEpisodesMoreOfTheNextDraws() {
        sampling = new Sampling.Prioritized(1, 0);
        assertThat(shareOfTheSurprise()).isGreaterThan(0.8);
    }

    @Test
    void uniformDrawsDoNotCareForSurprise() {
        assertThat(shareOfTheSurprise()).isBetween(0.02, 0.2);
    }

    /** How often one episode in ten is drawn after an update that found it alone surprising. */
    private double shareOfTheSurprise() {
        given.put(Hyperparameter.LEARNING_RATE, 1e-9);
        given.put(Hyperparameter.VALUE_LEARNING_RATE, 1e-9);
        ReplayMemory memory = memory();
        for (int i = 0; i < 10; i++) {
            float reward = i == 3 ? 50 : 0.01f;
            memory.add(new Episode(
                    new int[] {0, i == 3 ? 1 : 2},
                    new boolean[] {false, true},
                    new float[] {0, reward},
                    new float[2],
                    new float[] {0, (float) policy.logProbs(List.of(0))[i == 3 ? 1 : 2]},
                    new float[2],
                    0,
                    Source.ONLINE));
        }
        Learner learner = learner(memory);
        update(learner, 5);
        dev.rehearse.replay.Batch batch = new dev.rehearse.replay.Batch(1_000);
        memory.draw(batch, 6, 0);
        int surprises = 0;
        for (int row = 0; row < batch.rows(); row++) {
            surprises += batch.handle(row).number() == 3 ? 1 : 0;
        }
        return surprises / 1_000.0;
    }
}
