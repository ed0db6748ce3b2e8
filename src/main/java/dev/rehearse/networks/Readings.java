package dev.rehearse.networks;

/**
 * What a network says of the actions of a {@link TokenBatch}.
 *
 * @param logProbs (B, A_b) log π(a_t | s_t) of each action, temperature 1
 * @param values (B, A_b + 1) V(s_t) of each action's state; the last is V of the state after the last token
 * @param qValues (B, A_b) Q(s_t, a_t) of each action, of twin heads the smaller; without Q heads (B, 0)
 */
public record Readings(float[][] logProbs, float[][] values, float[][] qValues) {
    /** Of a network without Q heads. */
    public Readings(float[][] logProbs, float[][] values) {
        this(logProbs, values, new float[logProbs.length][0]);
    }

    /** Room for a batch of {@code size} sequences. */
    static Readings ofSize(int size) {
        return new Readings(new float[size][], new float[size][], new float[size][]);
    }
}
