package dev.rehearse.replay;

import java.util.random.RandomGenerator;

/** Episodes and settings for the tests of this package. */
final class Episodes {
    static final int VOCABULARY = 50_000;

    private Episodes() {}

    /** A prompt and a reply of single-turn training: one reward at the end, discount 1 until a true end. */
    static Episode of(int prompt, int reply, Source source, RandomGenerator random) {
        int length = prompt + reply;
        int[] tokens = new int[length];
        boolean[] mask = new boolean[length];
        float[] discounts = new float[length];
        float[] prior = new float[length];
        float[] behaviour = new float[length];
        float[] rewards = new float[length];
        for (int t = 0; t < length; t++) {
            tokens[t] = random.nextInt(VOCABULARY);
            mask[t] = t >= prompt;
            discounts[t] = t == length - 1 ? 0 : 1;
            prior[t] = mask[t] ? -10 * random.nextFloat() : 0;
            behaviour[t] = mask[t] ? -10 * random.nextFloat() : 0;
        }
        rewards[length - 1] = random.nextFloat();
        return new Episode(tokens, mask, rewards, discounts, prior, behaviour, 0, source);
    }

    /** Any shape a dialogue can have: scattered actions, dense or sparse rewards, truncated or ended. */
    static Episode any(RandomGenerator random, int vocabulary, int policyVersion) {
        int length = 2 + random.nextInt(70);
        int[] tokens = random.ints(length, 0, vocabulary).toArray();
        boolean[] mask = new boolean[length];
        float[] rewards = new float[length];
        float[] discounts = new float[length];
        float[] prior = new float[length];
        float[] behaviour = new float[length];
        double rewarded = random.nextDouble();
        for (int t = 0; t < length; t++) {
            mask[t] = t > 0 && random.nextInt(3) > 0;
            rewards[t] = random.nextDouble() < rewarded * rewarded ? random.nextFloat() - 0.5f : 0;
            discounts[t] = random.nextInt(20) == 0 ? 0 : 0.99f;
            prior[t] = -5 * random.nextFloat();
            behaviour[t] = -5 * random.nextFloat();
        }
        mask[length - 1] = true;
        Source source =
                random.nextInt(4) > 0 ? Source.ONLINE : random.nextBoolean() ? Source.DEMONSTRATION : Source.LOGGED;
        return new Episode(tokens, mask, rewards, discounts, prior, behaviour, policyVersion, source);
    }

    /** The smallest there is: two tokens, one action. */
    static Episode small(int second, Source source, int policyVersion) {
        float[] zeros = new float[2];
        boolean[] mask = {false, true};
        return new Episode(new int[] {1, second}, mask, zeros, zeros, zeros, zeros, policyVersion, source);
    }

    static Episode small(int second) {
        return small(second, Source.ONLINE, 0);
    }

    static ReplaySettings settings(int maxEpisodes, Sampling sampling) {
        return settings(maxEpisodes, sampling, ReplaySettings.Reuse.UNLIMITED);
    }

    static ReplaySettings settings(int maxEpisodes, Sampling sampling, ReplaySettings.Reuse reuse) {
        return new ReplaySettings(
                VOCABULARY,
                new ReplaySettings.Bounds(maxEpisodes, Long.MAX_VALUE, 1 << 24),
                sampling,
                0.25,
                reuse,
                ReplaySettings.Pace.OFFLINE);
    }

    static ReplayMemory memory(ReplaySettings settings) {
        return new ReplayMemory(settings, new ReplayRandom(7), () -> 0);
    }
}
