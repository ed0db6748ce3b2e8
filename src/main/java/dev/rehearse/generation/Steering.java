package dev.rehearse.generation;

import org.jspecify.annotations.Nullable;

/**
 * What a request changes of a model's policy. Immutable.
 *
 * @param decodeBeta β of log π + β·(Q − V), in 1 / standard deviations of the reward, 0 for the language model as it is;
 *     null for the model's own. Read where the model has Q heads
 */
public record Steering(Penalties penalties, @Nullable Double decodeBeta) {
    public static final Steering NONE = new Steering(Penalties.NONE, null);

    public Steering {
        if (decodeBeta != null && !(decodeBeta >= 0)) {
            throw new IllegalArgumentException("decodeBeta is " + decodeBeta + "; allowed: at least 0");
        }
    }

    /** As the decoding takes it. */
    float beta() {
        return decodeBeta == null ? Float.NaN : decodeBeta.floatValue();
    }
}
