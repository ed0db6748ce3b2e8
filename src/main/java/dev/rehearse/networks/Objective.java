package dev.rehearse.networks;

/** What one update makes smaller. Losses are means over the batch's action tokens. */
public sealed interface Objective {

    /** Cross-entropy of the actions; V takes no part. */
    record Imitation() implements Objective {}

    /**
     * Distance of V from given returns; the policy takes no part.
     *
     * @param returns (B, A_b)
     */
    record ValueRegression(float[][] returns) implements Objective {}

    /**
     * The temporal-difference loss of soft Q-learning, Q = V + α·(log π − log π₀).
     *
     * @param targets called once per micro-batch with the readings before the update, for several at once on threads of the
     *     device: it may not ask a network; what it returns is a number to the loss, so that no gradient can flow through it
     * @param priorLogProbs (B, A_b) log π₀ of each action
     * @param importance (B) weight of each sequence
     * @param demonstration (B) 1 where the cloning term applies, else 0
     * @param prior the frozen start, for KL(π‖π₀)
     */
    record SoftQ(
            Targets targets,
            float[][] priorLogProbs,
            float[] importance,
            float[] demonstration,
            QNetwork prior,
            SoftQLoss loss)
            implements Objective {}

    /**
     * Regression of every Q head on targets, and of V on given numbers.
     *
     * @param targets as of {@link SoftQ}
     * @param valueTargets (B, A_b) what V is moved towards, by expectile
     * @param importance (B) weight of each sequence
     * @param demonstration (B) 1 where the cloning term applies, else 0
     * @param prior the frozen start, for KL(π‖π₀)
     */
    record HeadQ(
            Targets targets,
            float[][] valueTargets,
            float[] importance,
            float[] demonstration,
            QNetwork prior,
            QLoss loss)
            implements Objective {}

    /** Computes targets (B', A_b) for the sequences {@code first … first + B' − 1} of the batch. */
    interface Targets {
        float[][] of(int first, Readings readings);
    }
}
