package dev.rehearse.networks;

/** Which weights of the language model learning moves; the value head's always move. Immutable. */
public sealed interface Trainable {
    /** All of them. */
    record All() implements Trainable {}

    /**
     * The last blocks and the norm after them; what is below keeps its weights and needs no gradients, no optimiser
     * state and no copies.
     *
     * @param layers how many blocks, at least 1
     */
    record LastLayers(int layers) implements Trainable {
        public LastLayers {
            if (layers < 1) {
                throw new IllegalArgumentException("layers is " + layers + "; allowed: at least 1");
            }
        }
    }

    /**
     * Low-rank adapters beside frozen projections: W + (alpha / rank)·B·A with A (rank, in) and B (out, rank), B = 0 at
     * the start (Hu et al. 2021, "LoRA", section 4.1).
     *
     * @param rank at least 1
     * @param alpha above 0
     */
    record Lora(int rank, double alpha, Targets targets) implements Trainable {
        public Lora {
            if (rank < 1) {
                throw new IllegalArgumentException("rank is " + rank + "; allowed: at least 1");
            }
            if (!(alpha > 0 && alpha < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("alpha is " + alpha + "; allowed: above 0");
            }
        }

        double scale() {
            return alpha / rank;
        }
    }

    /** Which projections get adapters. */
    enum Targets {
        ATTENTION,
        MLP,
        ALL
    }
}
