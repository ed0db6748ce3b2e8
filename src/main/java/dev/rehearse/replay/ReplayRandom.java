package dev.rehearse.replay;

import java.io.IOException;
import java.util.random.RandomGenerator;

/**
 * xoroshiro128++ (Blackman and Vigna 2021, "Scrambled Linear Pseudorandom Number Generators", ACM TOMS 47:4), seeded by
 * SplitMix64: a generator whose whole state is two numbers that can be saved, which the JDK's own keep to themselves.
 * Period 2¹²⁸ − 1. Confined to its owner: in a memory, guarded by that memory's lock.
 */
public final class ReplayRandom implements RandomGenerator {
    private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

    private long s0;
    private long s1;

    public ReplayRandom(long seed) {
        this(mix(seed + GOLDEN_GAMMA), mix(seed + GOLDEN_GAMMA + GOLDEN_GAMMA));
    }

    ReplayRandom(long s0, long s1) {
        if ((s0 | s1) == 0) {
            throw new IllegalArgumentException("state is 0 and 0, must not be: every number would be 0");
        }
        this.s0 = s0;
        this.s1 = s1;
    }

    @Override
    public long nextLong() {
        long result = Long.rotateLeft(s0 + s1, 17) + s0;
        long x = s1 ^ s0;
        s0 = Long.rotateLeft(s0, 49) ^ x ^ (x << 21);
        s1 = Long.rotateLeft(x, 28);
        return result;
    }

    void save(SegmentWriter out) throws IOException {
        out.begin(Segment.RANDOM, 2 * Long.BYTES);
        out.putLong(s0);
        out.putLong(s1);
        out.end();
    }

    static ReplayRandom restore(SegmentReader in) throws IOException {
        in.begin(Segment.RANDOM, 2 * Long.BYTES);
        long s0 = in.getLong();
        long s1 = in.getLong();
        in.end();
        in.check((s0 | s1) != 0, "state is 0");
        return new ReplayRandom(s0, s1);
    }

    private static long mix(long z) {
        long y = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        long x = (y ^ (y >>> 27)) * 0x94d049bb133111ebL;
        return x ^ (x >>> 31);
    }
}
