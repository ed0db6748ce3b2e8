package dev.rehearse.generation;

import java.util.Map;

/**
 * What a request changes of the logits before each choice. Immutable.
 *
 * @param presence taken once from the logit of every token of the reply so far
 * @param frequency taken for every time the token stands in the reply so far
 * @param repetition divides the logits above 0 of tokens of the prompt and of the reply so far, and multiplies those
 *     below; above 0, 1 changes nothing
 * @param bias added to the logits of these tokens
 */
public record Penalties(double presence, double frequency, double repetition, Map<Integer, Double> bias) {
    public static final Penalties NONE = new Penalties(0, 0, 1, Map.of());

    public Penalties {
        if (!(repetition > 0)) {
            throw new IllegalArgumentException("repetition is " + repetition + "; allowed: above 0");
        }
        bias = Map.copyOf(bias);
    }
}
