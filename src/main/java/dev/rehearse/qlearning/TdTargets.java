package dev.rehearse.qlearning;

/**
 * What Q(s_t, a_t) is moved towards, computed on plain arrays: no gradient can flow through them. Stateless.
 *
 * <p>All arrays of one episode run over its actions k = 0 … n−1.
 */
public final class TdTargets {
    private TdTargets() {}

    /**
     * λ-returns of soft Q-learning.
     *
     * <pre>
     * y_{n-1} = r_{n-1} + d_{n-1}·V(s_n)
     * y_k     = r_k + d_k·[(1−λ)·V(s_{k+1}) + λ·(y_{k+1} − α·lr_{k+1})]
     * </pre>
     *
     * λ = 0 is the one-step target, λ = 1 the whole path (path consistency: Nachum et al. 2017, "Bridging the Gap Between
     * Value and Policy Based Reinforcement Learning", eq. 15; λ-mixing: Sutton and Barto 2018, section 12.1). It holds for
     * any action sequence at the optimum, so replayed ones need no importance correction.
     *
     * @param rewards (n)
     * @param discounts (n) γ, or 0 at a true end; above 0 at the last action the episode was cut off and bootstraps
     * @param values (n + 1) V of the target network
     * @param logRatios (n) log π − log π₀ of the taken actions
     */
    public static float[] soft(
            float[] rewards, float[] discounts, float[] values, float[] logRatios, double alpha, double lambda) {
        int n = rewards.length;
        float[] targets = new float[n];
        for (int k = n - 1; k >= 0; k--) {
            double next = values[k + 1];
            if (k < n - 1) {
                next = (1 - lambda) * next + lambda * (targets[k + 1] - alpha * logRatios[k + 1]);
            }
            targets[k] = (float) (rewards[k] + discounts[k] * next);
        }
        return targets;
    }

    /**
     * Discounted sums of what follows each action, {@code R_k = r_k + d_k·R_{k+1}}; what would follow a cut-off episode
     * counts as 0.
     *
     * @param rewards (n)
     * @param discounts (n)
     */
    public static float[] returns(float[] rewards, float[] discounts) {
        float[] returns = new float[rewards.length];
        double following = 0;
        for (int k = rewards.length - 1; k >= 0; k--) {
            following = rewards[k] + discounts[k] * following;
            returns[k] = (float) following;
        }
        return returns;
    }
}
