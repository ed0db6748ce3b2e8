package dev.rehearse.generation;

/**
 * Uniform numbers addressed by (seed, index) instead of drawn in turn, so that the k-th choice of a reply does not
 * depend on what else is generated.
 *
 * <p>SplitMix64's output function (Steele, Lea, Flood 2014) of {@code seed + index · golden gamma}. Stateless.
 */
final class CounterRandom {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private CounterRandom() {}

    /** A number in [0, 1) with 24 random bits: all that fit in a float. */
    static float uniform(long seed, long index) {
        return (mix(mix(seed) + index * GOLDEN_GAMMA) >>> 40) * 0x1p-24f;
    }

    private static long mix(long z) {
        long mixed = z + GOLDEN_GAMMA;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
