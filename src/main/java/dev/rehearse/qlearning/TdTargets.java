package dev.rehearse.qlearning;

/**
 * What Q(s_t, a_t) is moved towards, computed on plain arrays: no gradient can flow through them. Stateless.
 *
 * <p>All arrays of one episode run over its actions k = 0 … n−1.
 */
public final class TdTargets {
    private TdTargets() {}

    /**
     * Targets of soft Q-learning: rewards less what the later actions cost in divergence, then V.
     *
     * <pre>
     * λ-returns   y_{n-1} = r_{n-1} + d_{n-1}·V(s_n)
     *             y_k     = r_k + d_k·[(1−λ)·V(s_{k+1}) + λ·(y_{k+1} − α·lr_{k+1})]
     * m steps     y_k     = Σ_{i<m} D_i·(r_{k+i} − [i ≥ 1]·α·lr_{k+i}) + D_m·V(s_{k+m}),  D_i = Π_{j<i} d_{k+j}
     * </pre>
     *
     * The whole path is path consistency (Nachum et al. 2017, "Bridging the Gap Between Value and Policy Based
     * Reinforcement Learning", eq. 15): it holds for any action sequence at the optimum, so replayed ones need no
     * importance correction.
     *
     * @param rewards (n)
     * @param discounts (n) γ, or 0 at a true end; above 0 at the last action the episode was cut off and bootstraps
     * @param values (n + 1) V of the target network
     * @param logRatios (n) log π − log π₀ of the taken actions
     */
    public static float[] soft(
            float[] rewards, float[] discounts, float[] values, float[] logRatios, double alpha, Backup backup) {
        double[] costs = new double[rewards.length];
        for (int k = 0; k < costs.length; k++) {
            costs[k] = alpha * logRatios[k];
        }
        return backedUp(rewards, discounts, values, costs, backup);
    }

    /**
     * The same without a cost of divergence. Of {@code dqn} with {@code values} = Q_target(s, arg max Q): double deep
     * Q-learning (van Hasselt, Guez and Silver 2016, eq. 4); of {@code ilql} with {@code values} = V: Snell et al. 2023,
     * eq. 3. More than one step is not corrected for the behaviour policy, as in Rainbow (Hessel et al. 2018).
     *
     * @param rewards (n)
     * @param discounts (n) as of {@link #soft}
     * @param values (n + 1) what each state is worth
     */
    public static float[] hard(float[] rewards, float[] discounts, float[] values, Backup backup) {
        return backedUp(rewards, discounts, values, new double[rewards.length], backup);
    }

    private static float[] backedUp(float[] rewards, float[] discounts, float[] values, double[] costs, Backup backup) {
        if (backup instanceof Backup.Lambda given) {
            return lambda(rewards, discounts, values, costs, given.lambda());
        }
        Backup.Steps steps = (Backup.Steps) backup;
        float[] far = steps.n() == 0
                ? lambda(rewards, discounts, values, costs, 1)
                : nStep(rewards, discounts, values, costs, steps.n());
        float[] near = lambda(rewards, discounts, values, costs, 0);
        for (int k = 0; k < far.length; k++) {
            far[k] = (float) (steps.oneStepShare() * near[k] + (1 - steps.oneStepShare()) * far[k]);
        }
        return far;
    }

    private static float[] lambda(float[] rewards, float[] discounts, float[] values, double[] costs, double lambda) {
        int n = rewards.length;
        float[] targets = new float[n];
        for (int k = n - 1; k >= 0; k--) {
            double next = values[k + 1];
            if (k < n - 1) {
                next = (1 - lambda) * next + lambda * (targets[k + 1] - costs[k + 1]);
            }
            targets[k] = (float) (rewards[k] + discounts[k] * next);
        }
        return targets;
    }

    private static float[] nStep(float[] rewards, float[] discounts, float[] values, double[] costs, int steps) {
        float[] targets = new float[rewards.length];
        for (int k = 0; k < targets.length; k++) {
            int end = Math.min(rewards.length, k + steps);
            double target = values[end];
            for (int t = end - 1; t >= k; t--) {
                target = rewards[t] - (t > k ? costs[t] : 0) + discounts[t] * target;
            }
            targets[k] = (float) target;
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
