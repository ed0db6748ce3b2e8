package dev.rehearse.generation;

import java.util.List;

/**
 * One reply to generate. Immutable by convention: {@code prompt} is not copied and must not change.
 *
 * @param prompt token ids, at least one
 * @param maxTokens most tokens of the reply, at least 1; prompt and reply together must fit the model's context
 * @param stop strings that end the reply and are not part of it
 * @param topLogProbs how many alternatives to report beside each token's own log-probability; 0 to 20
 */
public record GenerationRequest(
        int[] prompt, int maxTokens, Sampler sampler, List<String> stop, int topLogProbs, Penalties penalties) {
    /** Without penalties. */
    public GenerationRequest(int[] prompt, int maxTokens, Sampler sampler, List<String> stop, int topLogProbs) {
        this(prompt, maxTokens, sampler, stop, topLogProbs, Penalties.NONE);
    }

    public GenerationRequest {
        if (prompt.length == 0) {
            throw new IllegalArgumentException("the prompt has no token; allowed: at least 1");
        }
        if (maxTokens < 1) {
            throw new IllegalArgumentException("maxTokens is " + maxTokens + "; allowed: at least 1");
        }
        if (topLogProbs < 0 || topLogProbs > 20) {
            throw new IllegalArgumentException("topLogProbs is " + topLogProbs + "; allowed: 0 to 20");
        }
        stop = List.copyOf(stop);
    }
}
