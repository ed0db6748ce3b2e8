package dev.rehearse.replay;

import java.util.Arrays;

/**
 * One episode as 32-bit words: its columns one after another.
 *
 * <pre>
 * word 0   T, the tokens
 * word 1   runs of equal rewards, or 0 when every reward is written out
 * word 2   runs of equal discounts, or 0
 * tokens   T, two to a word when the vocabulary has at most 65,536 entries
 * mask     T bits
 * prior    one f32 per action
 * behaviour  one binary16 per action, two to a word
 * rewards, discounts   runs of (end, f32), or T × f32
 * </pre>
 *
 * <p>Everything comes back to the bit except behaviour log-probabilities, which only diagnostics read. Guarded by its
 * memory's lock: it has one scratch array.
 */
final class EpisodeCodec {
    private static final int HEADER = 3;
    private static final int SHORT_VOCABULARY = 1 << 16;

    private final boolean shortTokens;
    private int[] words = new int[1 << 10];
    private int at;

    EpisodeCodec(int vocabularySize) {
        this.shortTokens = vocabularySize <= SHORT_VOCABULARY;
    }

    /** The words last encoded, or to be decoded; at least this many, the same array until more are wanted. */
    int[] words(int count) {
        if (words.length < count) {
            words = Arrays.copyOf(words, Math.max(count, words.length * 2));
        }
        return words;
    }

    /** Returns how many words it took; an upper bound is known before anything is written. */
    int encode(Episode episode) {
        int length = episode.length();
        int rewardRuns = runs(episode.rewards());
        int discountRuns = runs(episode.discounts());
        words(HEADER + 6 * length); // tokens, mask and both log-probabilities, rewards, discounts: each at most T words
        words[0] = length;
        words[1] = rewardRuns;
        words[2] = discountRuns;
        at = HEADER;
        putTokens(episode.tokens());
        putMask(episode.actionMask());
        putLogProbs(episode);
        putFloats(episode.rewards(), rewardRuns);
        putFloats(episode.discounts(), discountRuns);
        return at;
    }

    /** Writes the episode in the scratch words into a row of the batch, whose lengths are known. */
    void decode(Batch batch, int row) {
        int base = row * batch.length();
        int length = words[0];
        at = HEADER;
        getTokens(batch.tokens(), base, length);
        getMask(batch.actionMask(), base, length);
        getLogProbs(batch, base, length);
        getFloats(batch.rewards(), base, length, words[1]);
        getFloats(batch.discounts(), base, length, words[2]);
    }

    /** Whether the scratch words are exactly one episode: what a checksum cannot promise. */
    boolean holds(int count, int actions) {
        int length = count >= HEADER ? words[0] : 0;
        if (length < 1 || length > 2L * count || actions < 1 || actions >= length) {
            return false;
        }
        int mask = HEADER + tokenWords(length);
        int rewards = mask + (length + 31) / 32 + actions + (actions + 1) / 2;
        long discounts = rewards + floatWords(words[1], length);
        return discounts <= count
                && discounts + floatWords(words[2], length) == count
                && countBits(mask, length) == actions
                && runsEndAt(rewards, words[1], length)
                && runsEndAt((int) discounts, words[2], length);
    }

    private int tokenWords(int length) {
        return shortTokens ? (length + 1) / 2 : length;
    }

    private static long floatWords(int runs, int length) {
        return runs == 0 ? length : runs > 0 && runs <= length ? 2L * runs : Integer.MAX_VALUE;
    }

    private int countBits(int mask, int length) {
        int bits = 0;
        for (int t = 0; t < length; t++) {
            bits += words[mask + t / 32] >>> t & 1;
        }
        return bits;
    }

    private boolean runsEndAt(int from, int runs, int length) {
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

    /** The runs of equal values, compared by their bits; 0 when writing every value out is shorter. */
    private static int runs(float[] values) {
        int runs = 1;
        for (int t = 1; t < values.length; t++) {
            runs += Float.floatToRawIntBits(values[t]) == Float.floatToRawIntBits(values[t - 1]) ? 0 : 1;
        }
        return 2 * runs < values.length ? runs : 0;
    }

    private void putTokens(int[] tokens) {
        if (!shortTokens) {
            System.arraycopy(tokens, 0, words, at, tokens.length);
            at += tokens.length;
            return;
        }
        for (int t = 0; t < tokens.length; t += 2) {
            int second = t + 1 < tokens.length ? tokens[t + 1] : 0;
            words[at++] = tokens[t] << 16 | second;
        }
    }

    private void getTokens(int[] into, int base, int length) {
        if (!shortTokens) {
            System.arraycopy(words, at, into, base, length);
            at += length;
            return;
        }
        for (int t = 0; t < length; t++) {
            int pair = words[at + t / 2];
            into[base + t] = (t & 1) == 0 ? pair >>> 16 : pair & 0xffff;
        }
        at += tokenWords(length);
    }

    private void putMask(boolean[] mask) {
        for (int from = 0; from < mask.length; from += 32) {
            int bits = 0;
            for (int t = from; t < Math.min(mask.length, from + 32); t++) {
                bits |= mask[t] ? 1 << t : 0;
            }
            words[at++] = bits;
        }
    }

    private void getMask(boolean[] into, int base, int length) {
        for (int t = 0; t < length; t++) {
            into[base + t] = (words[at + t / 32] >>> t & 1) == 1;
        }
        at += (length + 31) / 32;
    }

    private void putLogProbs(Episode episode) {
        boolean[] mask = episode.actionMask();
        int action = 0;
        int behaviour = at + episode.actions();
        for (int t = 0; t < mask.length; t++) {
            if (mask[t]) {
                words[at + action] = Float.floatToRawIntBits(episode.priorLogProbs()[t]);
                int half = Half.of(episode.behaviourLogProbs()[t]) & 0xffff;
                int word = behaviour + action / 2;
                words[word] = (action & 1) == 0 ? half << 16 : words[word] | half;
                action++;
            }
        }
        at = behaviour + (action + 1) / 2;
    }

    private void getLogProbs(Batch batch, int base, int length) {
        boolean[] mask = batch.actionMask();
        int actions = 0;
        for (int t = base; t < base + length; t++) {
            batch.priorLogProbs()[t] = mask[t] ? Float.intBitsToFloat(words[at + actions++]) : 0;
        }
        int behaviour = at + actions;
        int action = 0;
        for (int t = base; t < base + length; t++) {
            batch.behaviourLogProbs()[t] = mask[t] ? half(words[behaviour + action / 2], action++) : 0;
        }
        at = behaviour + (actions + 1) / 2;
    }

    private static float half(int pair, int index) {
        return Half.toFloat((short) ((index & 1) == 0 ? pair >>> 16 : pair));
    }

    private void putFloats(float[] values, int runs) {
        for (int t = 0; t < values.length; t++) {
            int bits = Float.floatToRawIntBits(values[t]);
            boolean last = t + 1 == values.length || bits != Float.floatToRawIntBits(values[t + 1]);
            if (runs > 0 && last) {
                words[at++] = t + 1;
            }
            if (runs == 0 || last) {
                words[at++] = bits;
            }
        }
    }

    private void getFloats(float[] into, int base, int length, int runs) {
        if (runs == 0) {
            for (int t = 0; t < length; t++) {
                into[base + t] = Float.intBitsToFloat(words[at++]);
            }
            return;
        }
        for (int run = 0, t = 0; run < runs; run++) {
            int end = words[at++];
            float value = Float.intBitsToFloat(words[at++]);
            Arrays.fill(into, base + t, base + end, value);
            t = end;
        }
    }
}
