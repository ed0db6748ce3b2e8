package dev.rehearse.networks;

import java.util.ArrayList;
import java.util.List;

/**
 * A run of a batch's sequences that fits one bounded piece of work. Immutable.
 *
 * @param first index of its first sequence in the whole batch
 */
record MicroBatch(int first, TokenBatch batch) {
    /**
     * Operations per piece: a step of a reply waits for one, about 110 ms of two cores without AVX-512. A third of what was
     * here first, at the same time per update (2026-11-27); smaller pieces cost more than they shorten.
     */
    private static final double OPERATIONS = 5.5e9;

    private static final int FEWEST_TOKENS = 512;
    private static final int MOST_TOKENS = 8192;

    /** Tokens of a piece, padding included; depends on the architecture only, so that results do not on timing. */
    static int tokens(Architecture architecture) {
        double affordable = OPERATIONS / (6.0 * architecture.parameters());
        return (int) Math.max(FEWEST_TOKENS, Math.min(MOST_TOKENS, affordable));
    }

    /** The parts that one architecture's networks read one after the other. */
    static List<MicroBatch> split(TokenBatch batch, Architecture architecture) {
        return split(batch, tokens(architecture), architecture.reading());
    }

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
