package dev.rehearse.replay;

/** How episodes are drawn; always stratified, one draw from each of k equal parts of the total weight. Immutable. */
public sealed interface Sampling {
    /** The weight of an episode whose error is this. */
    double priority(double error);

    /** The importance weight of an episode drawn this much more often than if all were alike. */
    double importance(double ratio, double beta);

    /** Every episode alike; every importance weight is 1. */
    record Uniform() implements Sampling {
        @Override
        public double priority(double error) {
            checkError(error);
            return 1;
        }

        @Override
        public double importance(double ratio, double beta) {
            return 1;
        }
    }

    /**
     * Proportional to p = e^alpha, e the {@linkplain #error error} (Schaul et al. 2016, "Prioritized Experience Replay",
     * equation 1), with importance weights (N·P)^−beta over the largest of the batch (section 3.4).
     *
     * <p>Deviations: 1. e of a whole episode mixes the largest and the mean error, as R2D2 does (Kapturowski et al. 2019,
     * section 2.3). 2. The constant that keeps e above 0 is a floor, not an addend, so that alpha = 1 is exact.
     *
     * @param alpha from 0, which is uniform, to 1
     * @param beta0 the importance exponent at the start, from 0 to 1; the caller anneals it to 1
     */
    record Prioritized(double alpha, double beta0) implements Sampling {
        private static final double LARGEST_SHARE = 0.9;
        private static final double SMALLEST_ERROR = 1e-6;

        public Prioritized {
            ReplaySettings.checkShare("alpha", alpha);
            ReplaySettings.checkShare("beta0", beta0);
        }

        @Override
        public double priority(double error) {
            checkError(error);
            return Math.pow(Math.max(error, SMALLEST_ERROR), alpha);
        }

        @Override
        public double importance(double ratio, double beta) {
            return Math.pow(ratio, -beta);
        }

        /** The importance exponent when this share of the steps is done: from beta0 straight to 1. */
        public double beta(double share) {
            return beta0 + (1 - beta0) * Math.min(1, Math.max(0, share));
        }
    }

    /** 0.9·max|δ| + 0.1·mean|δ| over the actions of an episode. */
    static double error(double largest, double mean) {
        return Prioritized.LARGEST_SHARE * largest + (1 - Prioritized.LARGEST_SHARE) * mean;
    }

    private static void checkError(double error) {
        if (!(error >= 0 && error <= Double.MAX_VALUE)) {
            throw new IllegalArgumentException("error is " + error + ", must be finite and at least 0");
        }
    }
}
