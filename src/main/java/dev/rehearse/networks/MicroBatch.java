package dev.rehearse.networks;

import java.util.ArrayList;
import java.util.List;

/**
 * A run of a batch's sequences that one lane of the device reads in a bounded time. Immutable.
 *
 * @param first index of its first sequence in the whole batch
 */
record MicroBatch(int first, TokenBatch batch) {
    private static final int FEWEST_TOKENS = 320;

    /** Parameters of a network for whose parts a reply waits seconds anyway; fewer parts read its weights less often. */
    private static final long LARGE = 50_000_000;

    private static final int FEWEST_TOKENS_OF_A_LARGE = 512;
    private static final int MOST_TOKENS = 8192;

    /** A part is not made smaller than this to give every lane one: calls of so few tokens are all overhead. */
    private static final int WORTH_A_LANE = 64;

    /**
     * Most tokens of a part, padding included; depends on the architecture and the kind of device only, so that results do
     * not on timing.
     *
     * @param operations that a part may take
     */
    static int tokens(Architecture architecture, double operations) {
        long parameters = architecture.parameters();
        int fewest = parameters < LARGE ? FEWEST_TOKENS : FEWEST_TOKENS_OF_A_LARGE;
        return (int) Math.max(fewest, Math.min(MOST_TOKENS, operations / (6.0 * parameters)));
    }

    /** Rounds of at most {@code lanes} parts of so many tokens that are read side by side, round after round. */
    static List<List<MicroBatch>> rounds(TokenBatch batch, int tokens, Architecture.Reading reading, int lanes) {
        List<MicroBatch> parts = even(batch, tokens, reading, lanes);
        List<List<MicroBatch>> rounds = new ArrayList<>();
        for (int from = 0; from < parts.size(); from += lanes) {
            rounds.add(parts.subList(from, Math.min(parts.size(), from + lanes)));
        }
        return rounds;
    }

    /** Parts of at most so many tokens, about equal, so that as few lanes as possible wait for another. */
    static List<MicroBatch> even(TokenBatch batch, int tokens, Architecture.Reading reading, int lanes) {
        List<MicroBatch> parts = split(batch, tokens, reading);
        int most = (parts.size() + lanes - 1) / lanes * lanes;
        int least = WORTH_A_LANE;
        int limit = tokens;
        while (least < limit) {
            int middle = (least + limit) / 2;
            List<MicroBatch> smaller = split(batch, middle, reading);
            if (smaller.size() <= most) {
                parts = smaller;
                limit = middle;
            } else {
                least = middle + 1;
            }
        }
        return parts;
    }

    /** As few parts of at most so many tokens as keep the order; a longer sequence is a part of its own. */
    static List<MicroBatch> split(TokenBatch batch, int tokens, Architecture.Reading reading) {
        List<MicroBatch> parts = new ArrayList<>();
        int first = 0;
        int longest = 0;
        long rows = 0;
        for (int b = 0; b < batch.size(); b++) {
            int length = batch.tokens()[b].length;
            int own = rows(batch, b, reading);
            if (b > first && Math.max(longest, length) * (rows + own) > tokens) {
                parts.add(new MicroBatch(first, batch.slice(first, b)));
                first = b;
                longest = 0;
                rows = 0;
            }
            longest = Math.max(longest, length);
            rows += own;
        }
        if (batch.size() > first) {
            parts.add(new MicroBatch(first, batch.slice(first, batch.size())));
        }
        return parts;
    }

    /** How often a sequence is read. */
    private static int rows(TokenBatch batch, int b, Architecture.Reading reading) {
        return switch (reading) {
            case CAUSAL -> 1;
            case ENCODER_DECODER -> Turn.count(batch.tokens()[b], batch.actions()[b]);
        };
    }

    /** Writes this part's readings to their places in the whole batch's. */
    void place(Readings part, Readings whole) {
        System.arraycopy(part.logProbs(), 0, whole.logProbs(), first, batch.size());
        System.arraycopy(part.values(), 0, whole.values(), first, batch.size());
        System.arraycopy(part.qValues(), 0, whole.qValues(), first, batch.size());
    }
}
