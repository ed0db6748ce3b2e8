package dev.rehearse.completions;

import dev.rehearse.generation.Completion;
import dev.rehearse.generation.FinishReason;
import dev.rehearse.models.Model;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What surrounds the choices, the same on every chunk of an answer. Immutable.
 *
 * @param created when the request was taken, in seconds
 * @param fingerprint changes with the weights
 * @param promptTokens tokens of all prompts, each counted once however many replies it gets
 */
record Envelope(String id, long created, String model, String fingerprint, int promptTokens, boolean countsInStream) {
    static Envelope of(String idPrefix, Model model, int promptTokens, Options options) {
        return new Envelope(
                idPrefix + UUID.randomUUID().toString().replace("-", ""),
                Instant.now().getEpochSecond(),
                model.id(),
                "fp_" + model.version(),
                promptTokens,
                options.delivery() == Options.Delivery.STREAM_WITH_USAGE);
    }

    ObjectNode open(String object) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("id", id)
                .put("object", object)
                .put("created", created)
                .put("model", model)
                .put("system_fingerprint", fingerprint);
    }

    /** A chunk with one choice; says explicitly that usage comes later when it does. */
    ObjectNode chunk(String object, ObjectNode choice) {
        ObjectNode chunk = open(object);
        chunk.putArray("choices").add(choice);
        if (countsInStream) {
            chunk.putNull("usage");
        }
        return chunk;
    }

    ObjectNode usageChunk(String object, List<Completion> replies) {
        ObjectNode chunk = open(object);
        chunk.putArray("choices");
        chunk.set("usage", usage(replies));
        return chunk;
    }

    ObjectNode usage(List<Completion> replies) {
        int made = replies.stream().mapToInt(reply -> reply.tokens().size()).sum();
        return JsonNodeFactory.instance
                .objectNode()
                .put("prompt_tokens", promptTokens)
                .put("completion_tokens", made)
                .put("total_tokens", promptTokens + made);
    }

    static String wireName(FinishReason reason) {
        return reason.name().toLowerCase(Locale.ROOT);
    }
}
