package dev.rehearse.replay;

import java.util.Arrays;

/** Packs one episode after another as {@link EpisodeLayout} says, into words of its own. Guarded by its memory's lock. */
final class EpisodePacker {
    private final EpisodeLayout layout;
    private int[] words = new int[1 << 10];
    private int at;

    EpisodePacker(EpisodeLayout layout) {
        this.layout = layout;
    }

    /** The episode last packed. */
    int[] words() {
        return words;
    }

    /** Returns how many words it took. */
    int pack(Episode episode) {
        int length = episode.length();
        makeRoom(EpisodeLayout.HEADER
                + 6L * length
                + 2); // five columns of T words at most, the mask, and a run too many
        words[0] = length;
        at = EpisodeLayout.HEADER;
        packTokens(episode.tokens());
        packMask(episode.actionMask());
        packLogProbs(episode);
        words[1] = packFloats(episode.rewards());
        words[2] = packFloats(episode.discounts());
        return at;
    }

    private void makeRoom(long count) {
        if (words.length < count) {
            words = new int[Math.toIntExact(count)];
        }
    }

    private void packTokens(int[] tokens) {
        int length = tokens.length;
        if (layout.hasShortTokens()) {
            int pairs = length / 2;
            int half = length - pairs;
            for (int i = 0; i < pairs; i++) {
                words[at + i] = tokens[i] << 16 | tokens[half + i];
            }
            if (half > pairs) {
                words[at + pairs] = tokens[pairs] << 16;
            }
        } else {
            System.arraycopy(tokens, 0, words, at, length);
        }
        at += layout.tokenWords(length);
    }

    private void packMask(boolean[] mask) {
        for (int from = 0; from < mask.length; from += 32) {
            int bits = 0;
            for (int t = from; t < Math.min(mask.length, from + 32); t++) {
                bits |= (mask[t] ? 1 : 0) << t;
            }
            words[at++] = bits;
        }
    }

    private void packLogProbs(Episode episode) {
        boolean[] mask = episode.actionMask();
        float[] prior = episode.priorLogProbs();
        float[] behaviour = episode.behaviourLogProbs();
        int halves = at + episode.actions();
        int action = 0;
        for (int t = 0; t < mask.length; t++) {
            if (mask[t]) {
                words[at + action] = Float.floatToRawIntBits(prior[t]);
                int half = Half.of(behaviour[t]) & 0xffff;
                int word = halves + action / 2;
                words[word] = (action & 1) == 0 ? half << 16 : words[word] | half;
                action++;
            }
        }
        at = halves + (action + 1) / 2;
    }

    /** Returns the runs of equal values, compared by their bits, or 0 when writing every value out was shorter. */
    private int packFloats(float[] values) {
        int begin = at;
        int most = (values.length - 1) / 2;
        int runs = 0;
        for (int start = 0; start < values.length && runs <= most; runs++) {
            int end = runEnd(values, start);
            words[at++] = end;
            words[at++] = Float.floatToRawIntBits(values[start]);
            start = end;
        }
        if (runs <= most) {
            return runs;
        }
        at = begin;
        for (float value : values) {
            words[at++] = Float.floatToRawIntBits(value);
        }
        return 0;
    }

    /** Where the array first differs from itself one further on; that search is one the JDK does in vectors. */
    private static int runEnd(float[] values, int start) {
        int last = values.length - 1;
        int same = Arrays.mismatch(values, start, last, values, start + 1, values.length);
        return same < 0 ? values.length : start + same + 1;
    }
}
