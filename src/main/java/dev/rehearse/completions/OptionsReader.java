package dev.rehearse.completions;

import dev.rehearse.completions.Options.Delivery;
import dev.rehearse.web.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads what both completion endpoints share. Stateless; any thread. */
final class OptionsReader {
    private static final int MOST_STOPS = 4;

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
                body.longInteger("seed", Long.MIN_VALUE, Long.MAX_VALUE));
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

    /** Refuses what both endpoints know but cannot do, and marks as known what changes nothing. */
    static void settle(Fields body) {
        for (String penalty : List.of("presence_penalty", "frequency_penalty")) {
            if (orElse(body.number(penalty, -2, 2), 0.0) != 0) {
                throw Fields.unsupported(penalty, "Penalties are not supported; allowed: 0");
            }
        }
        JsonNode bias = body.node("logit_bias");
        if (bias != null && !bias.isEmpty()) {
            throw Fields.unsupported("logit_bias", "Biases are not supported; allowed: an empty object");
        }
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
