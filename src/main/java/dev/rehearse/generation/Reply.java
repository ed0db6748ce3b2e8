package dev.rehearse.generation;

/**
 * The tokens that follow a prompt. Arrays are not copied and must not change.
 *
 * @param tokens (n) chosen tokens; the end token is the last one when it was chosen
 * @param logProbs (n) log-probability of each under what it was drawn from
 */
public record Reply(int[] tokens, float[] logProbs, FinishReason finishReason) {}
