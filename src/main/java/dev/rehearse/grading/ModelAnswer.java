package dev.rehearse.grading;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import dev.rehearse.grading.GraderCall.Failure;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the result in what a grading model said: the {@code result} of a JSON object, with or without a Markdown fence
 * around it, or else the whole text.
 *
 * <p>Stateless.
 */
final class ModelAnswer {
    private static final Gson JSON =
            new GsonBuilder().setStrictness(Strictness.STRICT).create();
    private static final Pattern FENCED = Pattern.compile("\\A```(?:json)?\\s*(.*?)\\s*```\\z", Pattern.DOTALL);

    private ModelAnswer() {}

    /** The score or the label as the model wrote it. */
    static String result(String text) {
        Matcher fenced = FENCED.matcher(text.strip());
        String bare = fenced.matches() ? fenced.group(1) : text.strip();
        try {
            JsonElement json = JSON.fromJson(bare, JsonElement.class);
            if (json != null && json.isJsonObject()) {
                json = json.getAsJsonObject().get("result");
            }
            return json != null && json.isJsonPrimitive() ? json.getAsString() : bare;
        } catch (JsonParseException e) {
            return bare;
        }
    }

    /** Asks, reads, and turns what cannot be read into a parse error that still says what it cost. */
    static Verdict verdict(
            Services services,
            ChatModels.Question question,
            Function<String, Optional<Double>> reader,
            String expected) {
        ChatModels.Answer answer = services.models().answer(question);
        String result = result(answer.text());
        return reader.apply(result)
                .map(score -> new Verdict(score, null, answer.tokens()))
                .orElseGet(() -> {
                    String problem = "the model '" + question.model() + "' answered '" + Template.excerpt(answer.text())
                            + "'; expected " + expected;
                    return new Verdict(
                            0, new Failure(GradeError.MODEL_GRADER_PARSE_ERROR, problem, false), answer.tokens());
                });
    }
}
