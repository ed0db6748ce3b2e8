package dev.rehearse.training;

import dev.rehearse.qlearning.Update;
import dev.rehearse.replay.ReplayMemory;
import dev.rehearse.replay.ReplayStats;
import dev.rehearse.training.Play.Outcome;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Puts what one step did into named metrics: rewards as the grader gives them; Q, V, targets and losses in units of the
 * reward's standard deviation; log-probabilities, entropy and divergence in nats; times in seconds since the start. What
 * an update's numbers are, with their equations, is defined in {@link Update}.
 * Confined to the run's thread.
 */
final class StepReport {
    private final RunControl control;
    private final ReplayMemory memory;
    private final Play play;
    private final LongSupplier nanoTime;
    private final int totalSteps;
    private final long begin;
    private long trainedTokens;

    StepReport(RunControl control, ReplayMemory memory, Play play, LongSupplier nanoTime, int totalSteps) {
        this.control = control;
        this.memory = memory;
        this.play = play;
        this.nanoTime = nanoTime;
        this.totalSteps = totalSteps;
        begin = nanoTime.getAsLong();
    }

    void step(int step, Update update, List<Outcome> outcomes, double epsilon, double learningRate) {
        trainedTokens += update.actions();
        Map<String, Double> metrics = new HashMap<>();
        outcomes(metrics, outcomes);
        update(metrics, update);
        memory(metrics);
        double seconds = (nanoTime.getAsLong() - begin) / 1e9;
        metrics.put("epsilon", epsilon);
        metrics.put("learning_rate", learningRate);
        metrics.put("tokens_per_second", trainedTokens / Math.max(1e-9, seconds));
        metrics.put("sampling_seconds", play.samplingSeconds());
        metrics.put("grading_seconds", play.gradingSeconds());
        metrics.put("elapsed_seconds", seconds);
        control.report(new Progress.Step(step, totalSteps, metrics));
    }

    private static void outcomes(Map<String, Double> metrics, List<Outcome> outcomes) {
        double[] rewards = Play.rewards(outcomes);
        metrics.put("train_reward_mean", Play.mean(rewards));
        metrics.put("train_reward_sd", Play.deviation(rewards));
        metrics.put(
                "reply_tokens_mean",
                outcomes.stream()
                        .mapToInt(outcome -> outcome.reply().tokens().length)
                        .average()
                        .orElse(0));
        metrics.put("grader_errors", (double) outcomes.stream()
                .filter(outcome -> !outcome.grade().errors().isEmpty())
                .count());
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
        metrics.put("replay_drawable", (double) stats.drawable());
        metrics.put("replay_blocked_seconds", memory.limiter().counters().blockedNanos() / 1e9);
    }

    long trainedTokens() {
        return trainedTokens;
    }
}
