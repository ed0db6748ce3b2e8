package dev.rehearse.models;

import dev.rehearse.networks.WeightType;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How replies share a loaded model. Immutable.
 *
 * @param slots replies that grow at once, per model
 * @param maxCache memory for keys and values, per model; where the slots' whole contexts do not fit, there are fewer
 *     slots, and where one does not, the context is cut
 * @param maxQueuedTokens tokens of prompts and replies that may wait for a slot, per model; beyond, 429
 * @param maxPromptTokens tokens of prompts read between two steps of growing replies, per model
 * @param weights what the weights are kept in; null for the faster of f32 and bf16 on the device, measured at its start
 */
@ConfigurationProperties("rehearse.generation")
public record GenerationProperties(
        @DefaultValue("32") int slots,
        @DefaultValue("4GB") DataSize maxCache,
        @DefaultValue("131072") long maxQueuedTokens,
        @DefaultValue("256") int maxPromptTokens,
        @Nullable WeightType weights) {
    public GenerationProperties {
        if (slots < 1) {
            throw new IllegalArgumentException("rehearse.generation.slots is " + slots + "; allowed: at least 1");
        }
        if (maxPromptTokens < 1) {
            throw new IllegalArgumentException(
                    "rehearse.generation.max-prompt-tokens is " + maxPromptTokens + "; allowed: at least 1");
        }
        if (maxCache.toBytes() < 1 << 20) {
            throw new IllegalArgumentException(
                    "rehearse.generation.max-cache is " + maxCache.toBytes() + " bytes; allowed: at least 1MB");
        }
        if (maxQueuedTokens < 1) {
            throw new IllegalArgumentException(
                    "rehearse.generation.max-queued-tokens is " + maxQueuedTokens + "; allowed: at least 1");
        }
    }
}
