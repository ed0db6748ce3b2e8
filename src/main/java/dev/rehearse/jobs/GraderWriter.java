package dev.rehearse.jobs;

import dev.rehearse.grading.ChatModels.SamplingParams;
import dev.rehearse.grading.CosineSimilarity;
import dev.rehearse.grading.Grader;
import dev.rehearse.grading.HttpGrader;
import dev.rehearse.grading.LabelModel;
import dev.rehearse.grading.ModelInput;
import dev.rehearse.grading.Multi;
import dev.rehearse.grading.ScoreModel;
import dev.rehearse.grading.StringCheck;
import dev.rehearse.grading.TextSimilarity;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The canonical JSON of graders: OpenAI's fields, and the graders of a multi as a map. Stateless; any thread. */
final class GraderWriter {
    private GraderWriter() {}

    static Map<String, Object> write(Grader grader) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("type", grader.type());
        json.put("name", grader.name());
        if (grader instanceof StringCheck check) {
            json.put("input", check.input().source());
            json.put("reference", check.reference().source());
            json.put("operation", check.operation().wireName());
        } else if (grader instanceof TextSimilarity similarity) {
            json.put("input", similarity.input().source());
            json.put("reference", similarity.reference().source());
            json.put("evaluation_metric", similarity.metric().wireName());
        } else if (grader instanceof CosineSimilarity cosine) {
            json.put("input", cosine.input().source());
            json.put("reference", cosine.reference().source());
            json.put("evaluation_metric", CosineSimilarity.METRIC);
        } else if (grader instanceof ScoreModel score) {
            json.put("model", score.model());
            json.put("input", messages(score.input()));
            json.put("range", List.of(score.range().least(), score.range().most()));
            putSampling(json, score.sampling());
        } else if (grader instanceof LabelModel label) {
            json.put("model", label.model());
            json.put("input", messages(label.input()));
            json.put("labels", label.labels());
            json.put("passing_labels", label.passingLabels());
            putSampling(json, label.sampling());
        } else if (grader instanceof HttpGrader http) {
            put(json, http);
        } else {
            put(json, (Multi) grader);
        }
        return json;
    }

    private static void put(Map<String, Object> json, HttpGrader http) {
        json.put("url", http.url().toString());
        if (!http.headers().isEmpty()) {
            json.put("headers", http.headers());
        }
        if (http.timeout() != null) {
            json.put("timeout_ms", http.timeout().toMillis());
        }
        json.put("batch", http.batch());
    }

    private static void put(Map<String, Object> json, Multi multi) {
        Map<String, Object> graders = new LinkedHashMap<>();
        multi.graders().forEach((variable, part) -> graders.put(variable, write(part)));
        json.put("graders", graders);
        json.put("calculate_output", multi.calculateOutput().source());
    }

    private static List<Map<String, String>> messages(ModelInput input) {
        return input.messages().stream()
                .map(message -> {
                    Map<String, String> json = new LinkedHashMap<>();
                    json.put("role", message.role());
                    json.put("content", message.content().source());
                    return json;
                })
                .toList();
    }

    private static void putSampling(Map<String, Object> json, SamplingParams params) {
        Map<String, Object> given = new LinkedHashMap<>();
        put(given, "temperature", params.temperature());
        put(given, "top_p", params.topP());
        put(given, "seed", params.seed());
        put(given, "max_completions_tokens", params.maxTokens());
        put(given, "reasoning_effort", params.reasoningEffort());
        if (!given.isEmpty()) {
            json.put("sampling_params", given);
        }
    }

    private static void put(Map<String, Object> json, String name, @Nullable Object value) {
        if (value != null) {
            json.put(name, value);
        }
    }
}
