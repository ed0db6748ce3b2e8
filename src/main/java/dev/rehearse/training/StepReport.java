package dev.rehearse.training;

import dev.rehearse.qlearning.Update;
import dev.rehearse.replay.ReplayMemory;
import dev.rehearse.replay.ReplayStats;
import dev.rehearse.training.Play.Outcome;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Puts what one step did into numbers, each defined in {@link Metric}. Confined to the run's thread. */
final class StepReport {
    private final RunControl control;
    private final ReplayMemory memory;
    private final @Nullable Play play;
    private final TimeSpent time;
    private final int totalSteps;
    private long blockedBefore;
    private long trainedTokens;
    private Map<String, Double> lastRound = Map.of();

    /** @param play what is played to learn from; null where nothing is */
    StepReport(RunControl control, ReplayMemory memory, @Nullable Play play, TimeSpent time, int totalSteps) {
        this.control = control;
        this.memory = memory;
        this.play = play;
        this.time = time;
        this.totalSteps = totalSteps;
    }

    /** What the steps from now on are reported with. */
    void played(List<Outcome> outcomes) {
        lastRound = OutcomeMetrics.ofTraining(outcomes);
    }

    /** Where the run is in its schedules. */
    record Moment(int step, double epoch, double epsilon, double learningRate) {}

    void step(Moment moment, Update update) {
        trainedTokens += update.actions();
        Map<String, Double> metrics = new HashMap<>(lastRound);
        if (play != null) {
            metrics.put(Metric.EPSILON.wireName(), moment.epsilon());
        }
        update(metrics, update);
        memory(metrics);
        metrics.put(Metric.LR.wireName(), moment.learningRate());
        metrics.put(Metric.EPOCH.wireName(), moment.epoch());
        metrics.put(Metric.TRAINED_TOKENS.wireName(), (double) trainedTokens);
        seconds(metrics);
        control.report(new Progress.Step(moment.step(), totalSteps, metrics));
    }

    private static void update(Map<String, Double> metrics, Update update) {
        metrics.put(Metric.TD_LOSS.wireName(), update.tdLoss());
        metrics.put(Metric.TD_ERROR_MEAN.wireName(), update.meanError());
        metrics.put(Metric.Q_MEAN.wireName(), update.qMean());
        metrics.put(Metric.Q_MAX.wireName(), update.qMax());
        metrics.put(Metric.VALUE_MEAN.wireName(), update.valueMean());
        metrics.put(Metric.TARGET_Q_MEAN.wireName(), update.targetMean());
        metrics.put(Metric.ADVANTAGE_SD.wireName(), update.advantageDeviation());
        metrics.put(Metric.KL.wireName(), update.divergence());
        metrics.put(Metric.ENTROPY.wireName(), update.entropy());
        metrics.put(Metric.GRAD_NORM.wireName(), update.gradientNorm());
        metrics.put(Metric.REPLAY_AGE_MEAN.wireName(), update.meanAge());
    }

    private void memory(Map<String, Double> metrics) {
        ReplayStats stats = memory.stats();
        metrics.put(Metric.REPLAY_SIZE.wireName(), (double) stats.episodes());
        metrics.put(Metric.REPLAY_BYTES.wireName(), (double) stats.bytes());
        metrics.put(Metric.REPLAY_PRIORITY_MEAN.wireName(), stats.prioritySum() / Math.max(1, stats.drawable()));
        metrics.put(Metric.REPLAY_PRIORITY_MAX.wireName(), stats.largestPriority());
        metrics.put(Metric.REPLAY_DRAWABLE.wireName(), (double) stats.drawable());
        metrics.put(Metric.REPLAY_BLOCKED_SECONDS.wireName(), blockedNanos() / 1e9);
    }

    private long blockedNanos() {
        return blockedBefore + memory.limiter().counters().blockedNanos();
    }

    private void seconds(Map<String, Double> metrics) {
        metrics.put(Metric.TOKENS_PER_SECOND.wireName(), trainedTokens / Math.max(1e-9, time.elapsedSeconds()));
        metrics.put(Metric.SAMPLING_SECONDS.wireName(), play == null ? 0 : play.samplingSeconds());
        metrics.put(Metric.GRADING_SECONDS.wireName(), play == null ? 0 : play.gradingSeconds());
        time.put(metrics);
    }

    Map<String, Double> lastRound() {
        return lastRound;
    }

    RunState.Spent spent() {
        return time.spent(blockedNanos());
    }

    /** Goes on counting where an earlier run stopped. */
    void restore(RunState state, RunState.Learned learned) {
        trainedTokens = state.trainedTokens();
        lastRound = learned.lastRound();
        time.restore(state.spent());
        blockedBefore = state.spent().blocked();
    }

    long trainedTokens() {
        return trainedTokens;
    }
}
