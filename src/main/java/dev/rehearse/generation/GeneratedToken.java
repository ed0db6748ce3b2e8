package dev.rehearse.generation;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One chosen token and how probable the model held it.
 *
 * @param logProb natural logarithm of softmax(logits) at temperature 1, before any truncation
 * @param alternatives the most probable tokens at this position, best first; empty unless asked for
 * @param value what the model expects of it; null unless asked for
 */
public record GeneratedToken(
        int id,
        float logProb,
        List<Alternative> alternatives,
        @Nullable Value value) {
    /** A token that could have been chosen. */
    public record Alternative(int id, float logProb) {}

    /**
     * In standard deviations of the reward that the model learned from.
     *
     * @param q Q(s, a) of the token
     * @param v V(s) of the state it was chosen in
     */
    public record Value(float q, float v) {
        public float advantage() {
            return q - v;
        }
    }

    /** Without a value. */
    public GeneratedToken(int id, float logProb, List<Alternative> alternatives) {
        this(id, logProb, alternatives, null);
    }
}
