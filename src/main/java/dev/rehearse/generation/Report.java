package dev.rehearse.generation;

import java.util.Set;

/**
 * What is told beside a reply's text. Immutable.
 *
 * @param topLogProbs alternatives beside each token's own log-probability; 0 to 20
 */
public record Report(int topLogProbs, Set<Part> parts) {
    /** What costs something to find out. */
    public enum Part {
        /** Log-probabilities of the prompt's tokens, all but the first. */
        PROMPT,
        /** Q and V of each token of the reply, where the model has Q heads. */
        VALUES
    }

    public Report {
        if (topLogProbs < 0 || topLogProbs > 20) {
            throw new IllegalArgumentException("topLogProbs is " + topLogProbs + "; allowed: 0 to 20");
        }
        parts = Set.copyOf(parts);
    }

    public static Report alternatives(int topLogProbs) {
        return new Report(topLogProbs, Set.of());
    }

    boolean has(Part part) {
        return parts.contains(part);
    }
}
