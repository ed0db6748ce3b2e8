package dev.rehearse.generation;

/** How one token is chosen from the policy's distribution over the vocabulary. Immutable. */
public sealed interface Sampler {
    /** Always the most probable token; of equals, the one with the smallest id. */
    record Greedy() implements Sampler {}

    /**
     * A draw from softmax(logits / temperature), restricted to the {@code topK} most probable tokens (0 = all of
     * them) and, within those, to the smallest set whose probability reaches {@code topP}.
     *
     * <p>The k-th token of a reply uses the k-th number of a counter-based generator started from {@code seed}: the
     * same seed gives the same text whatever else is being generated in the same batch.
     */
    record Boltzmann(double temperature, int topK, double topP, long seed) implements Sampler {
        public Boltzmann {
            if (!(temperature > 0)) {
                throw new IllegalArgumentException("temperature is " + temperature + "; allowed: above 0");
            }
            if (topK < 0) {
                throw new IllegalArgumentException("topK is " + topK + "; allowed: 0 (all) or above");
            }
            if (!(topP > 0 && topP <= 1)) {
                throw new IllegalArgumentException("topP is " + topP + "; allowed: above 0, at most 1");
            }
        }
    }
}
