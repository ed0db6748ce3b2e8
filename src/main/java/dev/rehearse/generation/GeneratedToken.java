package dev.rehearse.generation;

import java.util.List;

/**
 * One chosen token and how probable the model held it.
 *
 * @param logProb natural logarithm of softmax(logits) at temperature 1, before any truncation
 * @param alternatives the most probable tokens at this position, best first; empty unless asked for
 */
public record GeneratedToken(int id, float logProb, List<Alternative> alternatives) {
    /** A token that could have been chosen. */
    public record Alternative(int id, float logProb) {}
}
