package dev.rehearse.jobs;

import dev.rehearse.training.Metric;
import dev.rehearse.training.Progress.Split;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of a step as OpenAI's metrics events have them, field for field; what is not known is left out. For
 * reinforcement all of our own numbers stand in {@code data.dqn}, under the names that {@link Metric} defines. Immutable.
 *
 * @param train numbers of the step
 * @param valid numbers of the evaluation after it; empty when there was none
 * @param seconds of the step, by phase
 * @param graders what {@link GraderReport} has of the step and of the evaluation
 */
record MetricsEvent(
        int step,
        int totalSteps,
        Map<String, Double> train,
        Map<String, Double> valid,
        Map<String, Double> seconds,
        Map<String, List<Map<String, Object>>> graders) {

    /** For people, in OpenAI's words. */
    String message(JobMethod.Kind kind) {
        StringBuilder message = new StringBuilder("Step " + step + '/' + totalSteps);
        switch (kind) {
            case SUPERVISED -> {
                append(message, ": training loss=%.4f", Metric.TRAIN_LOSS.in(train));
                append(message, ", full validation loss=%.4f", Metric.VALID_LOSS.in(valid));
            }
            case REINFORCEMENT -> {
                append(message, ", train mean reward=%.4f", Metric.REWARD_MEAN.in(train, Split.TRAIN));
                append(message, ", TD loss=%.4f", Metric.TD_LOSS.in(train));
                append(message, ", full validation mean reward=%.4f", Metric.FULL_VALID_MEAN_REWARD.in(valid));
                append(
                        message,
                        ", full validation mean parse error=%.2f",
                        Metric.FULL_VALID_MEAN_PARSE_ERROR.in(valid));
            }
        }
        return message.toString();
    }

    private static void append(StringBuilder message, String format, @Nullable Double value) {
        if (value != null) {
            message.append(String.format(Locale.ROOT, format, value));
        }
    }

    Map<String, Object> data(JobMethod.Kind kind) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("step", step);
        data.put("total_steps", totalSteps);
        switch (kind) {
            case SUPERVISED -> {
                data.putAll(train);
                data.putAll(valid);
            }
            case REINFORCEMENT -> putReinforcement(data);
        }
        return data;
    }

    private void putReinforcement(Map<String, Object> data) {
        put(data, "train_mean_reward", Metric.REWARD_MEAN.in(train, Split.TRAIN));
        put(data, "full_valid_mean_reward", Metric.FULL_VALID_MEAN_REWARD.in(valid));
        put(data, "full_valid_mean_parse_error", Metric.FULL_VALID_MEAN_PARSE_ERROR.in(valid));
        Double replyTokens = Metric.REPLY_TOKENS_MEAN.in(train, Split.TRAIN);
        put(data, "completion_tokens_mean", replyTokens);
        Double none = replyTokens == null ? null : 0.0;
        put(data, "reasoning_tokens_mean", none); // models here do not reason
        put(data, "mean_unresponsive_rewards", none); // no grader here leaves a reply without an answer or an error
        Map<String, Object> scores = new LinkedHashMap<>();
        put(scores, "train_reward_mean", Metric.REWARD_MEAN.in(train, Split.TRAIN));
        put(scores, "valid_reward_mean", Metric.REWARD_MEAN.in(valid, Split.VALID));
        putGroup(data, "scores", scores);
        putGroup(data, "errors", Map.of());
        putGroup(
                data,
                "usage",
                none == null ? Map.of() : Map.of("samples", Map.of("train_reasoning_tokens_mean", none)));
        Map<String, Object> step = new LinkedHashMap<>(seconds);
        put(step, "eval", Metric.VALID_SECONDS.in(valid));
        putGroup(data, "timing", step.isEmpty() ? Map.of() : Map.of("step", step));
        Map<String, Object> dqn = new LinkedHashMap<>(train);
        dqn.putAll(valid);
        data.put("dqn", dqn);
    }

    /** The group with its list of graders, unless there is nothing in it. */
    private void putGroup(Map<String, Object> data, String name, Map<String, ?> own) {
        Map<String, Object> group = new LinkedHashMap<>(own);
        List<Map<String, Object>> list = graders.get(name);
        if (list != null) {
            group.put("graders", list);
        }
        if (!group.isEmpty()) {
            data.put(name, group);
        }
    }

    private static void put(Map<String, Object> fields, String name, @Nullable Double value) {
        if (value != null) {
            fields.put(name, value);
        }
    }
}
