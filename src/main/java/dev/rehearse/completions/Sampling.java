package dev.rehearse.completions;

import dev.rehearse.generation.Sampler;
import dev.rehearse.generation.Steering;
import org.jspecify.annotations.Nullable;

/**
 * How tokens are drawn, as asked. Immutable.
 *
 * @param topK 0 = all tokens
 * @param seed null when the client does not mind
 * @param steering what is changed of the policy
 */
record Sampling(
        double temperature, double topP, int topK, @Nullable Long seed, Steering steering) {
    /** Below this, dividing by the temperature only loses digits: vLLM's bound. */
    private static final double COLDEST = 1e-5;

    /** 2^64 divided by the golden ratio: the increment of SplitMix64, whose outputs are a bijection of its states. */
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    /**
     * The sampler of the {@code sample}-th reply to a prompt. It does not depend on the prompt's place in the request,
     * so a prompt gets the same replies alone and among others.
     *
     * @param freshSeed used when the client gave none
     */
    Sampler sampler(int sample, long freshSeed) {
        if (temperature < COLDEST || topP == 0 || topK == 1) {
            return new Sampler.Greedy();
        }
        long first = seed == null ? freshSeed : seed;
        return new Sampler.Boltzmann(temperature, topK, topP, sample == 0 ? first : mixed(first + sample * GOLDEN));
    }

    private static long mixed(long state) {
        long z = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
