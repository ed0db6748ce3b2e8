package dev.rehearse.training;

import dev.rehearse.training.Play.Outcome;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What played replies earned, in numbers that {@link Metric} defines. Stateless. */
final class OutcomeMetrics {
    private OutcomeMetrics() {}

    /** Of a round that is learned from. */
    static Map<String, Double> ofTraining(List<Outcome> outcomes) {
        Map<String, Double> metrics = of("train", outcomes);
        spread(outcomes, metrics);
        return metrics;
    }

    /** @param set the word before each name, such as {@code valid} */
    static Map<String, Double> of(String set, List<Outcome> outcomes) {
        Map<String, Double> metrics = new LinkedHashMap<>();
        double[] rewards = Play.rewards(outcomes);
        metrics.put(Metric.REWARD_MEAN.of(set), Play.mean(rewards));
        metrics.put(Metric.REWARD_SD.of(set), Play.deviation(rewards));
        metrics.putAll(parts(set, outcomes));
        metrics.put(
                Metric.REPLY_TOKENS_MEAN.of(set),
                outcomes.stream()
                        .mapToInt(outcome -> outcome.reply().tokens().length)
                        .average()
                        .orElse(0));
        metrics.put(Metric.GRADER_ERRORS.of(set), (double) outcomes.stream()
                .filter(outcome -> !outcome.grade().errors().isEmpty())
                .count());
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
        sums.forEach((grader, sum) ->
                means.put(Metric.REWARD_MEAN_OF_PART.of(set).replace("<grader>", grader), sum[0] / sum[1]));
        return means;
    }

    private static void spread(List<Outcome> outcomes, Map<String, Double> metrics) {
        IdentityHashMap<int[], double[]> byPrompt = new IdentityHashMap<>();
        for (Outcome outcome : outcomes) {
            byPrompt.merge(
                    outcome.task().prompt(), new double[] {outcome.grade().score()}, OutcomeMetrics::joined);
        }
        byPrompt.values().removeIf(scores -> scores.length < 2);
        if (!byPrompt.isEmpty()) {
            long equal = byPrompt.values().stream()
                    .filter(scores -> Arrays.stream(scores).distinct().count() == 1)
                    .count();
            metrics.put(Metric.FRAC_REWARD_ZERO_STD.wireName(), equal / (double) byPrompt.size());
        }
    }

    private static double[] joined(double[] first, double[] second) {
        double[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
