package dev.rehearse.networks;

/**
 * What a network says of the actions of a {@link TokenBatch}.
 *
 * @param logProbs (B, A_b) log π(a_t | s_t) of each action, temperature 1
 * @param values (B, A_b + 1) V(s_t) of each action's state; the last is V of the state after
 *     the last token
 */
public record Readings(float[][] logProbs, float[][] values) {}
