package dev.rehearse.grading;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.ToNumberPolicy;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The reply under judgement, as a template sees it: {@code sample.output_text} and {@code sample.output_json}.
 *
 * <p>Immutable.
 */
public record Sample(String outputText) {
    /** Numbers keep the digits they were written with: a reply's {@code 1.0} renders as {@code 1.0}, not {@code 1}. */
    private static final Gson JSON = new GsonBuilder()
            .setStrictness(Strictness.STRICT)
            .setObjectToNumberStrategy(ToNumberPolicy.LAZILY_PARSED_NUMBER)
            .create();

    public Sample {
        Objects.requireNonNull(outputText, "outputText");
    }

    /**
     * Parsed on every call, so that a reply nobody reads as JSON costs nothing: maps, lists, strings, numbers, booleans
     * and null.
     *
     * @throws SampleNotJson unless the whole text is one strict JSON value nested at most 255 deep (Gson's limit)
     */
    @Nullable
    Object outputJson() {
        if (outputText.isBlank()) {
            throw new SampleNotJson(
                    "sample.output_json was asked for, but the reply is blank; expected one JSON value");
        }
        try {
            return JSON.fromJson(outputText, Object.class);
        } catch (JsonParseException e) {
            throw new SampleNotJson("sample.output_json was asked for, but the reply is not JSON: " + e.getMessage());
        }
    }
}
