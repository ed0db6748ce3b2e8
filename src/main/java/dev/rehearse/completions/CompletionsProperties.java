package dev.rehearse.completions;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Bounds of what one request and all of them together may take. Immutable.
 *
 * @param maxReplies most replies of one request: prompts times {@code n}, or times {@code best_of}
 * @param maxStreams most streams open at once; beyond, 429
 * @param maxEmbeddings most requests for embeddings answered at once; beyond, 429
 * @param streamBuffer pieces of a reply its reader may be behind before it is cut off
 * @param ping how long a stream may be silent before a comment asks whether its reader is still there
 * @param timeout the longest a request may take, streamed or not
 */
@ConfigurationProperties("rehearse.completions")
public record CompletionsProperties(
        @DefaultValue("128") int maxReplies,
        @DefaultValue("2048") int maxStreams,
        @DefaultValue("32") int maxEmbeddings,
        @DefaultValue("1024") int streamBuffer,
        @DefaultValue("5s") Duration ping,
        @DefaultValue("10m") Duration timeout) {
    public CompletionsProperties {
        requirePositive("max-replies", maxReplies);
        requirePositive("max-streams", maxStreams);
        requirePositive("max-embeddings", maxEmbeddings);
        requirePositive("stream-buffer", streamBuffer);
        requirePositive("ping", ping.toMillis());
        requirePositive("timeout", timeout.toMillis());
    }

    private static void requirePositive(String name, long value) {
        if (value <= 0) {
            throw new IllegalArgumentException("rehearse.completions." + name + " is " + value + "; allowed: above 0");
        }
    }
}
