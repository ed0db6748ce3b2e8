package dev.rehearse.jobs;

import dev.rehearse.grading.Grade;
import dev.rehearse.grading.GradeError;
import dev.rehearse.grading.Grader;
import dev.rehearse.grading.GraderCall;
import dev.rehearse.grading.GraderCall.Failure;
import dev.rehearse.grading.Tokens;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One grade as {@code graders/run} answers it: every field that clients require is always there. Stateless. */
final class GraderRun {
    private static final double NANOS = 1e9;

    private GraderRun() {}

    static Map<String, @Nullable Object> view(Grader grader, Grade grade) {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("reward", grade.score());
        view.put("metadata", metadata(grader, grade));
        view.put("sub_rewards", grade.subScores());
        view.put("model_grader_token_usage_per_model", usage(tokens(grade)));
        return view;
    }

    /** Times are added up: the graders of a multi work one after the other. */
    private static Map<String, @Nullable Object> metadata(Grader grader, Grade grade) {
        List<Tokens> tokens = tokens(grade);
        Map<String, @Nullable Object> metadata = new LinkedHashMap<>();
        metadata.put("name", grader.name());
        metadata.put("type", grader.type());
        metadata.put("errors", errors(grade));
        metadata.put(
                "execution_time",
                grade.calls().stream().mapToLong(GraderCall::nanos).sum() / NANOS);
        metadata.put("scores", scores(grader, grade));
        metadata.put(
                "token_usage",
                tokens.isEmpty()
                        ? null
                        : tokens.stream().mapToInt(Tokens::total).sum());
        metadata.put(
                "sampled_model_name", tokens.isEmpty() ? null : tokens.get(0).model());
        return metadata;
    }

    private static Map<String, Double> scores(Grader grader, Grade grade) {
        return grade.subScores().isEmpty()
                ? Map.of(grader.name().isEmpty() ? grader.type() : grader.name(), grade.score())
                : grade.subScores();
    }

    private static Map<String, @Nullable Object> errors(Grade grade) {
        Map<String, @Nullable Object> errors = new LinkedHashMap<>();
        for (GradeError error : GradeError.values()) {
            errors.put(error.wireName(), grade.errors().contains(error));
        }
        errors.put("python_grader_server_error_type", null);
        errors.put("python_grader_runtime_error_details", null);
        errors.put("model_grader_server_error_details", problem(grade, GradeError.MODEL_GRADER_SERVER_ERROR));
        errors.put("details", grade.failures().stream().map(Failure::problem).toList());
        return errors;
    }

    private static @Nullable String problem(Grade grade, GradeError error) {
        return grade.failures().stream()
                .filter(failure -> failure.error() == error)
                .map(Failure::problem)
                .findFirst()
                .orElse(null);
    }

    private static List<Tokens> tokens(Grade grade) {
        return grade.calls().stream()
                .map(GraderCall::tokens)
                .filter(Objects::nonNull)
                .toList();
    }

    private static Map<String, Integer> usage(List<Tokens> tokens) {
        Map<String, Integer> usage = new LinkedHashMap<>();
        tokens.forEach(each -> usage.merge(each.model(), each.total(), Integer::sum));
        return usage;
    }
}
