package dev.rehearse.training;

import dev.rehearse.training.Play.Outcome;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What n played replies earned. With r_i the grade of reply i, and r̄ their mean:
 *
 * <pre>
 * &lt;set&gt;_reward_mean            r̄ = Σ r_i / n
 * &lt;set&gt;_reward_sd              √(Σ (r_i − r̄)² / (n − 1))
 * &lt;set&gt;_reward_mean_&lt;grader&gt;   mean of that part of a multi grader, over the replies it graded
 * &lt;set&gt;_reply_tokens_mean      Σ (tokens of reply i, the end token included) / n
 * &lt;set&gt;_grader_errors          replies with an error
 * &lt;set&gt;_zero_spread_share      of the prompts with two replies or more, the share whose grades are all equal; left out
 *                              when there is none
 * </pre>
 *
 * Stateless.
 */
final class OutcomeMetrics {
    private OutcomeMetrics() {}

    /** @param set the word before each name, such as {@code train} */
    static Map<String, Double> of(String set, List<Outcome> outcomes) {
        Map<String, Double> metrics = new LinkedHashMap<>();
        double[] rewards = Play.rewards(outcomes);
        metrics.put(set + "_reward_mean", Play.mean(rewards));
        metrics.put(set + "_reward_sd", Play.deviation(rewards));
        metrics.putAll(parts(set, outcomes));
        metrics.put(
                set + "_reply_tokens_mean",
                outcomes.stream()
                        .mapToInt(outcome -> outcome.reply().tokens().length)
                        .average()
                        .orElse(0));
        metrics.put(set + "_grader_errors", (double) outcomes.stream()
                .filter(outcome -> !outcome.grade().errors().isEmpty())
                .count());
        spread(set, outcomes, metrics);
        return metrics;
    }

    private static Map<String, Double> parts(String set, List<Outcome> outcomes) {
        Map<String, double[]> sums = new LinkedHashMap<>();
        for (Outcome outcome : outcomes) {
            outcome.grade().subScores().forEach((grader, score) -> {
                double[] sum = sums.computeIfAbsent(grader, absent -> new double[2]);
                sum[0] += score;
                sum[1]++;
            });
        }
        Map<String, Double> means = new LinkedHashMap<>();
        sums.forEach((grader, sum) -> means.put(set + "_reward_mean_" + grader, sum[0] / sum[1]));
        return means;
    }

    private static void spread(String set, List<Outcome> outcomes, Map<String, Double> metrics) {
        Map<int[], double[]> byPrompt = new IdentityHashMap<>();
        for (Outcome outcome : outcomes) {
            byPrompt.merge(
                    outcome.task().prompt(), new double[] {outcome.grade().score()}, OutcomeMetrics::joined);
        }
        byPrompt.values().removeIf(scores -> scores.length < 2);
        if (!byPrompt.isEmpty()) {
            long equal = byPrompt.values().stream()
                    .filter(scores -> Arrays.stream(scores).distinct().count() == 1)
                    .count();
            metrics.put(set + "_zero_spread_share", equal / (double) byPrompt.size());
        }
    }

    private static double[] joined(double[] first, double[] second) {
        double[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
