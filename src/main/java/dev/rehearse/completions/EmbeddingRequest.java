package dev.rehearse.completions;

import dev.rehearse.web.ApiException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The body of {@code POST /v1/embeddings}. Immutable.
 *
 * @param dimensions numbers of each vector that are wanted; null for all
 * @param ignored fields of the body that mean nothing here
 */
record EmbeddingRequest(
        String model,
        List<Prompt> inputs,
        Encoding encoding,
        @Nullable Integer dimensions,
        List<String> ignored) {
    private static final int MOST_INPUTS = 2048;

    /** How a vector is written. */
    enum Encoding {
        FLOAT,
        /** Base64 of little-endian 32-bit floats, which OpenAI's clients ask for without being told. */
        BASE64
    }

    /** @throws ApiException 400 naming the field that is missing or wrong */
    static EmbeddingRequest of(JsonNode json) {
        Fields body = Fields.ofBody(json);
        String model = OptionsReader.model(body);
        List<Prompt> inputs = PromptReader.read(body.require("input"), "input");
        if (inputs.size() > MOST_INPUTS) {
            throw Fields.outOfRange("input", "an array of " + inputs.size(), "at most " + MOST_INPUTS + " inputs");
        }
        Encoding encoding = encoding(body.text("encoding_format"));
        Integer dimensions = body.integer("dimensions", 1, Integer.MAX_VALUE);
        body.accept(List.of("user"));
        return new EmbeddingRequest(model, inputs, encoding, dimensions, body.unknown());
    }

    private static Encoding encoding(@Nullable String name) {
        return switch (OptionsReader.orElse(name, "float")) {
            case "float" -> Encoding.FLOAT;
            case "base64" -> Encoding.BASE64;
            default -> throw Fields.outOfRange("encoding_format", "'" + name + "'", "float, base64");
        };
    }
}
