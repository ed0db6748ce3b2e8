package dev.rehearse.completions;

import dev.rehearse.completions.Options.Delivery;
import dev.rehearse.generation.Penalties;
import dev.rehearse.generation.Steering;
import dev.rehearse.web.ApiException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads what both completion endpoints share. Stateless; any thread. */
final class OptionsReader {
    private static final int MOST_STOPS = 4;
    private static final int MOST_BIASES = 1024;

    /** Ours: β of this request's replies, and whether Q and advantage of each token are told. */
    static final String DECODE_BETA = "decode_beta";

    static final String TOKEN_VALUES = "token_values";

    /** OpenAI's fields that change no token of the reply here. */
    private static final List<String> HARMLESS = List.of(
            "user",
            "metadata",
            "service_tier",
            "prompt_cache_key",
            "prompt_cache_options",
            "prompt_cache_retention",
            "safety_identifier",
            "parallel_tool_calls",
            "verbosity",
            "reasoning_effort");

    private OptionsReader() {}

    static String model(Fields body) {
        return body.requireText("model");
    }

    static int n(Fields body) {
        return orElse(body.integer("n", 1, 128), 1);
    }

    static Sampling sampling(Fields body) {
        return new Sampling(
                orElse(body.number("temperature", 0, 2), 1.0),
                orElse(body.number("top_p", 0, 1), 1.0),
                Math.max(0, orElse(body.integer("top_k", -1, Integer.MAX_VALUE), 0)),
                body.longInteger("seed", Long.MIN_VALUE, Long.MAX_VALUE),
                new Steering(penalties(body), body.number(DECODE_BETA, 0, 1000)));
    }

    /** What is told beside each token, of whose alternatives {@code top} are wanted; nothing when that is null. */
    static @Nullable LogProbs logProbs(Fields body, @Nullable Integer top) {
        boolean values = body.flag(TOKEN_VALUES);
        if (values && top == null) {
            throw ApiException.invalid(
                    "invalid_value",
                    TOKEN_VALUES,
                    "'" + TOKEN_VALUES + "' is only allowed together with 'logprobs', beside which the values stand.");
        }
        return top == null ? null : new LogProbs(top, values);
    }

    private static Penalties penalties(Fields body) {
        double repetition = orElse(body.number("repetition_penalty", 0, 2), 1.0);
        if (repetition == 0) {
            throw Fields.outOfRange("repetition_penalty", 0, "above 0, at most 2");
        }
        return new Penalties(
                orElse(body.number("presence_penalty", -2, 2), 0.0),
                orElse(body.number("frequency_penalty", -2, 2), 0.0),
                repetition,
                bias(body.node("logit_bias")));
    }

    private static Map<Integer, Double> bias(@Nullable JsonNode biases) {
        if (biases == null) {
            return Map.of();
        }
        if (!biases.isObject()) {
            throw Fields.wrongType("logit_bias", "an object", biases);
        }
        if (biases.size() > MOST_BIASES) {
            throw Fields.outOfRange("logit_bias", biases.size() + " tokens", "at most " + MOST_BIASES);
        }
        Fields entries = Fields.ofObject(biases, "logit_bias");
        Map<Integer, Double> read = new HashMap<>();
        for (String token : biases.propertyNames()) {
            Double bias = entries.number(token, -100, 100);
            if (bias != null) {
                read.put(tokenId(token), bias);
            }
        }
        return read;
    }

    private static int tokenId(String name) {
        try {
            return Integer.parseUnsignedInt(name);
        } catch (NumberFormatException e) {
            throw Fields.outOfRange("logit_bias", "the token '" + name + "'", "token ids as keys");
        }
    }

    static List<String> stop(Fields body) {
        JsonNode stop = body.node("stop");
        if (stop == null) {
            return List.of();
        }
        if (!stop.isArray()) {
            return List.of(stopString(stop, "stop"));
        }
        if (stop.size() > MOST_STOPS) {
            throw Fields.outOfRange("stop", "an array of " + stop.size(), "at most " + MOST_STOPS + " strings");
        }
        List<String> all = new ArrayList<>();
        for (int i = 0; i < stop.size(); i++) {
            all.add(stopString(stop.get(i), "stop[" + i + "]"));
        }
        return all;
    }

    static Delivery delivery(Fields body) {
        boolean stream = body.flag("stream");
        JsonNode options = body.node("stream_options");
        if (options == null) {
            return stream ? Delivery.STREAM : Delivery.WHOLE;
        }
        if (!stream) {
            throw ApiException.invalid(
                    "invalid_value", "stream_options", "'stream_options' is only allowed when 'stream' is true.");
        }
        boolean usage = Fields.ofObject(options, "stream_options").flag("include_usage");
        return usage ? Delivery.STREAM_WITH_USAGE : Delivery.STREAM;
    }

    /** Marks as known what changes nothing. */
    static void settle(Fields body) {
        body.accept(HARMLESS);
    }

    static <T> T orElse(@Nullable T value, T absent) {
        return Objects.requireNonNullElse(value, absent);
    }

    private static String stopString(JsonNode node, String path) {
        String stop = Fields.text(node, path);
        if (stop.isEmpty()) {
            throw Fields.outOfRange(path, "an empty string", "strings of at least one character");
        }
        return stop;
    }
}
