package dev.rehearse.qlearning;

import dev.rehearse.networks.TokenBatch;
import dev.rehearse.replay.Batch;
import dev.rehearse.replay.Source;

/**
 * A drawn {@link Batch} as learning reads it: per episode, and only at its actions. Rewards are in units of their
 * standard deviation. Arrays are this object's own; confined to one thread.
 *
 * @param rewards (B, A_b)
 * @param discounts (B, A_b)
 * @param priorLogProbs (B, A_b)
 * @param importance (B)
 * @param demonstration (B) 1 where the episode is a demonstration, else 0
 */
record Sequences(
        TokenBatch tokens,
        float[][] rewards,
        float[][] discounts,
        float[][] priorLogProbs,
        float[] importance,
        float[] demonstration) {

    static Sequences of(Batch batch, double rewardScale) {
        int rows = batch.rows();
        int[][] tokens = new int[rows][];
        int[][] actions = new int[rows][];
        float[][] rewards = new float[rows][];
        float[][] discounts = new float[rows][];
        float[][] prior = new float[rows][];
        float[] importance = new float[rows];
        float[] demonstration = new float[rows];
        for (int b = 0; b < rows; b++) {
            int from = b * batch.length();
            int length = batch.lengths()[b];
            tokens[b] = java.util.Arrays.copyOfRange(batch.tokens(), from, from + length);
            actions[b] = positions(batch.actionMask(), from, length);
            rewards[b] = at(batch.rewards(), from, actions[b], 1 / rewardScale);
            discounts[b] = at(batch.discounts(), from, actions[b], 1);
            prior[b] = at(batch.priorLogProbs(), from, actions[b], 1);
            importance[b] = batch.weights()[b];
            demonstration[b] = batch.source(b) == Source.DEMONSTRATION ? 1 : 0;
        }
        return new Sequences(new TokenBatch(tokens, actions), rewards, discounts, prior, importance, demonstration);
    }

    private static int[] positions(boolean[] mask, int from, int length) {
        return java.util.stream.IntStream.range(0, length)
                .filter(t -> mask[from + t])
                .toArray();
    }

    private static float[] at(float[] column, int from, int[] positions, double factor) {
        float[] picked = new float[positions.length];
        for (int k = 0; k < positions.length; k++) {
            picked[k] = (float) (column[from + positions[k]] * factor);
        }
        return picked;
    }

    int size() {
        return rewards.length;
    }

    float[][] returns() {
        float[][] returns = new float[size()][];
        for (int b = 0; b < size(); b++) {
            returns[b] = TdTargets.returns(rewards[b], discounts[b]);
        }
        return returns;
    }

    /** (A_b) log π − log π₀ of one episode's actions. */
    float[] logRatios(int episode, float[] logProbs) {
        float[] ratios = new float[logProbs.length];
        for (int k = 0; k < ratios.length; k++) {
            ratios[k] = logProbs[k] - priorLogProbs[episode][k];
        }
        return ratios;
    }
}
