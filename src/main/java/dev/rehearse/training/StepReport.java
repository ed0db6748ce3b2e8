package dev.rehearse.training;

import dev.rehearse.qlearning.Update;
import dev.rehearse.replay.ReplayMemory;
import dev.rehearse.replay.ReplayStats;
import dev.rehearse.training.Play.Outcome;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts what one step did into named metrics. What the learner saw is defined in {@link Update}, with its equations: Q, V,
 * targets and losses in units of the reward's standard deviation, the others in nats. What the last played replies
 * earned is in {@link OutcomeMetrics}, and is left out where nothing is
 * played. The others:
 *
 * <pre>
 * epsilon                share ε of the replies with an exploring token, as scheduled; left out where nothing is played
 * learning_rate          of the model, at this step
 * replay_size            episodes that the memory holds
 * replay_bytes           bytes that they take, with their share of the index
 * replay_drawable        those of them that the limits on reuse have not retired
 * replay_blocked_seconds that learning had to wait for new episodes
 * replay_age_mean        Σ_i (versions of the policy since drawn episode i was made) / B; 0 for logged ones
 * replay_priority_mean   Σ p_j / (episodes that can be drawn): p_j = 1 for uniform draws
 * replay_priority_max    the largest p so far: what a new episode enters with
 * tokens_per_second      action tokens learned from / elapsed_seconds, repeats counted
 * sampling_seconds, grading_seconds, training_seconds, evaluation_seconds, elapsed_seconds
 *                        since the start of the run; evaluation has its own sampling and grading inside, so that the
 *                        first four never count a second twice
 * </pre>
 *
 * Confined to the run's thread.
 */
final class StepReport {
    private final RunControl control;
    private final ReplayMemory memory;
    private final @Nullable Play play;
    private final LongSupplier nanoTime;
    private final int totalSteps;
    private long begin;
    private long blockedBefore;
    private long trainedTokens;
    private long trainingNanos;
    private long evaluationNanos;
    private Map<String, Double> lastRound = Map.of();

    /** @param play what is played to learn from; null where nothing is */
    StepReport(RunControl control, ReplayMemory memory, @Nullable Play play, LongSupplier nanoTime, int totalSteps) {
        this.control = control;
        this.memory = memory;
        this.play = play;
        this.nanoTime = nanoTime;
        this.totalSteps = totalSteps;
        begin = nanoTime.getAsLong();
    }

    void trained(long nanos) {
        trainingNanos += nanos;
    }

    void evaluated(long nanos) {
        evaluationNanos += nanos;
    }

    /** What the steps from now on are reported with. */
    void played(List<Outcome> outcomes) {
        lastRound = OutcomeMetrics.of("train", outcomes);
    }

    void step(int step, Update update, double epsilon, double learningRate) {
        trainedTokens += update.actions();
        Map<String, Double> metrics = new HashMap<>(lastRound);
        if (play != null) {
            metrics.put("epsilon", epsilon);
        }
        update(metrics, update);
        memory(metrics);
        metrics.put("learning_rate", learningRate);
        seconds(metrics);
        control.report(new Progress.Step(step, totalSteps, metrics));
    }

    private static void update(Map<String, Double> metrics, Update update) {
        metrics.put("td_loss", update.tdLoss());
        metrics.put("td_error_mean", update.meanError());
        metrics.put("q_mean", update.qMean());
        metrics.put("q_max", update.qMax());
        metrics.put("value_mean", update.valueMean());
        metrics.put("target_mean", update.targetMean());
        metrics.put("advantage_sd", update.advantageDeviation());
        metrics.put("kl", update.divergence());
        metrics.put("entropy", update.entropy());
        metrics.put("gradient_norm", update.gradientNorm());
        metrics.put("replay_age_mean", update.meanAge());
    }

    private void memory(Map<String, Double> metrics) {
        ReplayStats stats = memory.stats();
        metrics.put("replay_size", (double) stats.episodes());
        metrics.put("replay_bytes", (double) stats.bytes());
        metrics.put("replay_priority_mean", stats.prioritySum() / Math.max(1, stats.drawable()));
        metrics.put("replay_priority_max", stats.largestPriority());
        metrics.put("replay_drawable", (double) stats.drawable());
        metrics.put("replay_blocked_seconds", blockedNanos() / 1e9);
    }

    private long blockedNanos() {
        return blockedBefore + memory.limiter().counters().blockedNanos();
    }

    private void seconds(Map<String, Double> metrics) {
        double elapsed = (nanoTime.getAsLong() - begin) / 1e9;
        metrics.put("tokens_per_second", trainedTokens / Math.max(1e-9, elapsed));
        metrics.put("sampling_seconds", play == null ? 0 : play.samplingSeconds());
        metrics.put("grading_seconds", play == null ? 0 : play.gradingSeconds());
        metrics.put("training_seconds", trainingNanos / 1e9);
        metrics.put("evaluation_seconds", evaluationNanos / 1e9);
        metrics.put("elapsed_seconds", elapsed);
    }

    Map<String, Double> lastRound() {
        return lastRound;
    }

    RunState.Spent spent() {
        return new RunState.Spent(nanoTime.getAsLong() - begin, trainingNanos, evaluationNanos, blockedNanos());
    }

    /** Goes on counting where an earlier run stopped; the time between the two is left out. */
    void restore(RunState state, RunState.Learned learned) {
        trainedTokens = state.trainedTokens();
        lastRound = learned.lastRound();
        RunState.Spent spent = learned.spent();
        begin = nanoTime.getAsLong() - spent.elapsed();
        trainingNanos = spent.training();
        evaluationNanos = spent.evaluation();
        blockedBefore = spent.blocked();
    }

    long trainedTokens() {
        return trainedTokens;
    }
}
