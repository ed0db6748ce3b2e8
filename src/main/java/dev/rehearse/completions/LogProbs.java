package dev.rehearse.completions;

/**
 * What is told beside each token. Immutable.
 *
 * @param top alternatives beside its log-probability
 * @param values whether its Q value and its advantage are
 */
record LogProbs(int top, boolean values) {}
