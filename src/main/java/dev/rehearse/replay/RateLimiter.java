package dev.rehearse.replay;

import java.io.IOException;
import java.util.function.LongSupplier;

/**
 * Keeps what is learned in step with what is new: once {@code learningStarts} sequences of any source were added, each
 * further online one earns {@code replayRatio} sequences of learning (Reverb's SampleToInsertRatio, Cassirer et al. 2021,
 * arXiv:2102.04736, without its error buffer). What came before the start earns none, so learning starts without a burst.
 *
 * <p>It refuses, it never waits; it depends on the order of the calls alone. Any thread may call it; guarded by itself.
 */
public final class RateLimiter {
    private static final long NOT_BLOCKED = Long.MIN_VALUE;

    private final ReplaySettings.Pace pace;
    private final LongSupplier nanoTime;

    private long added;
    private long earning;
    private long learned;
    private long refused;
    private long blockedNanos;
    private long blockedSince = NOT_BLOCKED;

    RateLimiter(ReplaySettings.Pace pace, LongSupplier nanoTime) {
        this.pace = pace;
        this.nanoTime = nanoTime;
    }

    /**
     * What it has counted.
     *
     * @param added sequences of any source
     * @param earning online sequences since learning may start
     * @param learned sequences drawn to learn from
     * @param refused answers of "not yet"
     * @param blockedNanos from the first refusal to the next permission, all of them together, in this process
     */
    public record Counters(long added, long earning, long learned, long refused, long blockedNanos) {}

    /** Whether a batch of this many sequences may be learned now. Asking changes only the count of refusals and the time blocked. */
    public synchronized boolean mayLearn(int batch) {
        if (batch < 1) {
            throw new IllegalArgumentException("batch is " + batch + ", must be at least 1");
        }
        boolean may = added >= pace.learningStarts() && learned + batch <= allowance();
        long now = nanoTime.getAsLong();
        if (may && blockedSince != NOT_BLOCKED) {
            blockedNanos += now - blockedSince;
            blockedSince = NOT_BLOCKED;
        } else if (!may) {
            refused++;
            blockedSince = blockedSince == NOT_BLOCKED ? now : blockedSince;
        }
        return may;
    }

    public synchronized Counters counters() {
        return new Counters(added, earning, learned, refused, blockedNanos);
    }

    synchronized void added(Source source) {
        if (added >= pace.learningStarts() && !source.isShown()) {
            earning++;
        }
        added++;
    }

    synchronized void learned(int sequences) {
        learned += sequences;
    }

    private double allowance() {
        return Double.isInfinite(pace.replayRatio()) ? pace.replayRatio() : pace.replayRatio() * earning;
    }

    /** Blocked time stays behind: it is a measurement of one process, and equal runs must give equal snapshots. */
    synchronized void save(SegmentWriter out) throws IOException {
        out.begin(Segment.LIMITER, 4 * Long.BYTES);
        out.putLong(added);
        out.putLong(earning);
        out.putLong(learned);
        out.putLong(refused);
        out.end();
    }

    synchronized void restore(SegmentReader in) throws IOException {
        in.begin(Segment.LIMITER, 4 * Long.BYTES);
        added = in.getLong();
        earning = in.getLong();
        learned = in.getLong();
        refused = in.getLong();
        in.end();
        boolean possible = earning >= 0 && earning <= added && learned >= 0 && refused >= 0;
        in.check(possible, "counters are impossible: " + counters());
    }
}
