package dev.rehearse.generation;

import dev.rehearse.generation.Report.Part;
import java.util.List;

/**
 * One reply to generate. Immutable by convention: {@code prompt} is not copied and must not change.
 *
 * @param prompt token ids, at least one
 * @param maxTokens most tokens of the reply, 0 only where the prompt is reported; prompt and reply together must fit the
 *     model's context
 * @param stop strings that end the reply and are not part of it
 * @param steering what is changed of the policy
 * @param report what is told beside the text
 */
public record GenerationRequest(
        int[] prompt, int maxTokens, Sampler sampler, List<String> stop, Steering steering, Report report) {
    /**
     * Of the policy as it is.
     *
     * @param topLogProbs how many alternatives to report beside each token's own log-probability
     */
    public GenerationRequest(int[] prompt, int maxTokens, Sampler sampler, List<String> stop, int topLogProbs) {
        this(prompt, maxTokens, sampler, stop, Steering.NONE, Report.alternatives(topLogProbs));
    }

    public GenerationRequest {
        if (prompt.length == 0) {
            throw new IllegalArgumentException("the prompt has no token; allowed: at least 1");
        }
        int fewest = report.has(Part.PROMPT) ? 0 : 1;
        if (maxTokens < fewest) {
            throw new IllegalArgumentException("maxTokens is " + maxTokens + "; allowed: at least " + fewest);
        }
        stop = List.copyOf(stop);
    }

    /** Tokens that it may take at most, prompt included. */
    long tokenBudget() {
        return (long) prompt.length + maxTokens;
    }
}
