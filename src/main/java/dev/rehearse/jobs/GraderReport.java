package dev.rehearse.jobs;

import dev.rehearse.grading.GradeError;
import dev.rehearse.grading.GraderTotals;
import dev.rehearse.training.Progress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the graders did since the last metrics event, as OpenAI's events have it: lists of graders under {@code scores},
 * {@code errors}, {@code usage} and {@code timing}. Means are over the replies graded, latencies in seconds. Confined to
 * the run's thread.
 */
final class GraderReport {
    private static final double NANOS = 1e9;
    private static final List<GradeError> ALWAYS_TOLD =
            List.of(GradeError.SAMPLE_PARSE_ERROR, GradeError.INVALID_VARIABLE_ERROR, GradeError.OTHER_ERROR);

    /** By grader, then by what its metrics begin with. */
    private Map<String, Map<Progress.Split, GraderTotals>> totals = new LinkedHashMap<>();

    private Map<String, Map<Progress.Split, GraderTotals>> told = Map.of();

    void add(Progress.Graded graded) {
        graded.graders().forEach(grader -> add(graded.split(), grader));
    }

    private void add(Progress.Split split, GraderTotals grader) {
        totals.computeIfAbsent(grader.name(), name -> new EnumMap<>(Progress.Split.class))
                .merge(split, grader, GraderTotals::plus);
    }

    /** What was added since the last time; empty when nothing was. */
    Map<String, List<Map<String, Object>>> take() {
        Map<String, List<Map<String, Object>>> lists = lists();
        told = totals;
        totals = new LinkedHashMap<>();
        return lists;
    }

    /** The same together with what was told the last time: of an evaluation with those of the step that it follows. */
    Map<String, List<Map<String, Object>>> takeWithLast() {
        told.values().forEach(grader -> grader.forEach(this::add));
        Map<String, List<Map<String, Object>>> lists = take();
        told = Map.of();
        return lists;
    }

    private Map<String, List<Map<String, Object>>> lists() {
        if (totals.isEmpty()) {
            return Map.of();
        }
        List<Map<String, Object>> scores = new ArrayList<>();
        List<Map<String, Object>> errors = new ArrayList<>();
        List<Map<String, Object>> usage = new ArrayList<>();
        List<Map<String, Object>> timing = new ArrayList<>();
        for (Map<Progress.Split, GraderTotals> grader : totals.values()) {
            GraderTotals any = grader.values().iterator().next();
            scores.add(entry(any, scores(grader)));
            errors.add(entry(any, errors(grader)));
            usage.add(entry(any, usage(grader)));
            timing.add(entry(any, timing(grader)));
        }
        return Map.of("scores", scores, "errors", errors, "usage", usage, "timing", timing);
    }

    private static Map<String, Object> entry(GraderTotals grader, Map<String, Double> numbers) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("name", grader.name());
        entry.put("type", grader.type());
        entry.putAll(numbers);
        return entry;
    }

    private static Map<String, Double> scores(Map<Progress.Split, GraderTotals> grader) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        grader.forEach((split, sum) -> numbers.put(split.prefix() + "reward_mean", sum.rewards() / sum.calls()));
        return numbers;
    }

    /** Of each split how many replies got no score; how often each of three errors occurred, and any other that did. */
    private static Map<String, Double> errors(Map<Progress.Split, GraderTotals> grader) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        grader.forEach((split, sum) -> {
            double all =
                    sum.errors().values().stream().mapToLong(Long::longValue).sum();
            numbers.put(split.prefix() + "error_count", all);
            Map<GradeError, Long> counts = new EnumMap<>(GradeError.class);
            ALWAYS_TOLD.forEach(error -> counts.put(error, 0L));
            counts.putAll(sum.errors());
            counts.forEach((error, count) -> {
                numbers.put(split.prefix() + error.wireName() + "_count", (double) count);
                numbers.put(split.prefix() + error.wireName() + "_mean", (double) count / sum.calls());
            });
        });
        return numbers;
    }

    private static Map<String, Double> usage(Map<Progress.Split, GraderTotals> grader) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        grader.forEach((split, sum) -> {
            numbers.put(
                    split.prefix() + "prompt_tokens_mean", (double) sum.cost().promptTokens() / sum.calls());
            numbers.put(
                    split.prefix() + "completion_tokens_mean",
                    (double) sum.cost().completionTokens() / sum.calls());
        });
        return numbers;
    }

    private static Map<String, Double> timing(Map<Progress.Split, GraderTotals> grader) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        grader.forEach((split, sum) ->
                numbers.put(split.prefix() + "execution_latency_mean", sum.nanos() / NANOS / sum.calls()));
        return numbers;
    }
}
