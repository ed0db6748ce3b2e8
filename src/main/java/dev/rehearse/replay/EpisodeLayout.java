package dev.rehearse.replay;

import java.util.Arrays;

/**
 * Where the columns of one episode lie among 32-bit words, and how each is unpacked.
 *
 * <pre>
 * word 0   T, the tokens
 * word 1   runs of equal rewards, or 0 when every reward is written out
 * word 2   runs of equal discounts, or 0
 * tokens   T, when the vocabulary has at most 65,536 entries two to a word: t in the upper half, t + ⌈T/2⌉ in the lower
 * mask     T bits
 * prior    one f32 per action
 * behaviour  one binary16 per action, two to a word
 * rewards, discounts   runs of (end, f32), or T × f32
 * </pre>
 *
 * <p>Everything comes back to the bit except behaviour log-probabilities, which only diagnostics read. Methods read the
 * episode that begins at word {@code at} and write to {@code into} from {@code base} on, T entries. Immutable.
 */
final class EpisodeLayout {
    static final int HEADER = 3;
    private static final int SHORT_VOCABULARY = 1 << 16;
    /** What the bits of the mask are flipped by, so that those searched for are 1. */
    private static final int ACTIONS = 0;

    private static final int OTHERS = -1;

    private final boolean shortTokens;

    EpisodeLayout(int vocabularySize) {
        this.shortTokens = vocabularySize <= SHORT_VOCABULARY;
    }

    boolean hasShortTokens() {
        return shortTokens;
    }

    void unpackTokens(int[] words, int at, int[] into, int base) {
        int length = words[at];
        int from = at + HEADER;
        if (!shortTokens) {
            System.arraycopy(words, from, into, base, length);
            return;
        }
        int pairs = length / 2;
        int half = length - pairs;
        for (int i = 0; i < half; i++) {
            into[base + i] = words[from + i] >>> 16;
        }
        for (int i = 0; i < pairs; i++) {
            into[base + half + i] = words[from + i] & 0xffff;
        }
    }

    void unpackMask(int[] words, int at, boolean[] into, int base) {
        int length = words[at];
        int mask = mask(words, at);
        for (int end = 0; end < length; ) {
            int start = action(words, mask, end, length);
            Arrays.fill(into, base + end, base + start, false);
            end = other(words, mask, start, length);
            Arrays.fill(into, base + start, base + end, true);
        }
    }

    void unpackPrior(int[] words, int at, float[] into, int base) {
        int length = words[at];
        int mask = mask(words, at);
        int from = mask + maskWords(length);
        for (int end = 0; end < length; ) {
            int start = action(words, mask, end, length);
            Arrays.fill(into, base + end, base + start, 0);
            end = other(words, mask, start, length);
            for (int t = start; t < end; t++) {
                into[base + t] = Float.intBitsToFloat(words[from + t - start]);
            }
            from += end - start;
        }
    }

    void unpackBehaviour(int[] words, int at, float[] into, int base) {
        int length = words[at];
        int mask = mask(words, at);
        int from = behaviour(words, at);
        int index = 0;
        for (int end = 0; end < length; ) {
            int start = action(words, mask, end, length);
            Arrays.fill(into, base + end, base + start, 0);
            end = other(words, mask, start, length);
            for (int t = start; t < end; t++, index++) {
                int pair = words[from + index / 2];
                into[base + t] = Half.toFloat((short) ((index & 1) == 0 ? pair >>> 16 : pair));
            }
        }
    }

    void unpackRewards(int[] words, int at, float[] into, int base) {
        unpackFloats(words, rewards(words, at), words[at + 1], into, base, words[at]);
    }

    void unpackDiscounts(int[] words, int at, float[] into, int base) {
        int from = rewards(words, at) + (int) floatWords(words[at + 1], words[at]);
        unpackFloats(words, from, words[at + 2], into, base, words[at]);
    }

    private static void unpackFloats(int[] words, int from, int runs, float[] into, int base, int length) {
        for (int t = 0; runs == 0 && t < length; t++) {
            into[base + t] = Float.intBitsToFloat(words[from + t]);
        }
        for (int run = 0, start = 0; run < runs; run++) {
            int end = words[from + 2 * run];
            Arrays.fill(into, base + start, base + end, Float.intBitsToFloat(words[from + 2 * run + 1]));
            start = end;
        }
    }

    /** The {@linkplain Sampling#error error} of the episode, its δ at position t being the one at {@code base} + t. */
    double error(int[] words, int at, float[] tdErrors, int base) {
        int length = words[at];
        int mask = mask(words, at);
        double largest = 0;
        double sum = 0; // a NaN among them makes it NaN, and so the error
        int actions = 0;
        for (int end = 0; end < length; ) {
            int start = action(words, mask, end, length);
            end = other(words, mask, start, length);
            actions += end - start;
            for (int t = base + start; t < base + end; t++) {
                double size = Math.abs(tdErrors[t]);
                sum += size;
                largest = size > largest ? size : largest;
            }
        }
        return Sampling.error(largest, sum / Math.max(1, actions));
    }

    /** Whether these words are exactly one episode: what a checksum cannot promise. */
    boolean holds(int[] words, int count, int actions) {
        int length = count >= HEADER ? words[0] : 0;
        if (length < 1 || length > 2L * count || actions < 1 || actions >= length) {
            return false;
        }
        int mask = HEADER + tokenWords(length);
        int rewards = mask + maskWords(length) + actions + (actions + 1) / 2;
        long discounts = rewards + floatWords(words[1], length);
        return discounts <= count
                && discounts + floatWords(words[2], length) == count
                && countActions(words, mask, length) == actions
                && runsEndAt(words, rewards, words[1], length)
                && runsEndAt(words, (int) discounts, words[2], length);
    }

    int tokenWords(int length) {
        return shortTokens ? (length + 1) / 2 : length;
    }

    static int maskWords(int length) {
        return (length + 31) / 32;
    }

    private static long floatWords(int runs, int length) {
        return runs == 0 ? length : runs > 0 && runs <= length ? 2L * runs : Integer.MAX_VALUE;
    }

    private int mask(int[] words, int at) {
        return at + HEADER + tokenWords(words[at]);
    }

    private int behaviour(int[] words, int at) {
        int mask = mask(words, at);
        return mask + maskWords(words[at]) + countActions(words, mask, words[at]);
    }

    private int rewards(int[] words, int at) {
        int mask = mask(words, at);
        int actions = countActions(words, mask, words[at]);
        return mask + maskWords(words[at]) + actions + (actions + 1) / 2;
    }

    private static int countActions(int[] words, int mask, int length) {
        int actions = 0;
        for (int i = 0; i < length >>> 5; i++) {
            actions += Integer.bitCount(words[mask + i]);
        }
        int rest = length & 31;
        return rest == 0 ? actions : actions + Integer.bitCount(words[mask + (length >>> 5)] & (1 << rest) - 1);
    }

    /** The first action from t on, or T. */
    private static int action(int[] words, int mask, int t, int length) {
        return next(words, mask, t, length, ACTIONS);
    }

    /** The first position from t on that is no action, or T. */
    private static int other(int[] words, int mask, int t, int length) {
        return next(words, mask, t, length, OTHERS);
    }

    private static int next(int[] words, int mask, int from, int length, int flip) {
        for (int t = from; t < length; t = (t | 31) + 1) {
            int bits = (words[mask + (t >>> 5)] ^ flip) >>> t;
            if (bits != 0) {
                return Math.min(length, t + Integer.numberOfTrailingZeros(bits));
            }
        }
        return length;
    }

    private static boolean runsEndAt(int[] words, int from, int runs, int length) {
        int end = 0;
        for (int run = 0; run < runs; run++) {
            int next = words[from + 2 * run];
            if (next <= end) {
                return false;
            }
            end = next;
        }
        return runs == 0 || end == length;
    }
}
