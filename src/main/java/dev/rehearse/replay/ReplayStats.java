package dev.rehearse.replay;

/**
 * What a memory holds and has done, at one moment. Immutable.
 *
 * @param episodes held
 * @param transitions actions in them
 * @param bytes that they take, with their share of index and sum-trees
 * @param drawable of the episodes: the limits on reuse have retired the others
 * @param shown of the drawable ones: demonstrations and logged episodes
 * @param added ever
 * @param evicted ever
 * @param drawn ever, with repetitions
 * @param prioritySum of the drawable ones; each is 1 for uniform draws
 * @param largestPriority so far: what a new episode enters with
 * @param latePriorities that came after their episode had been evicted, and were dropped
 */
public record ReplayStats(
        int episodes,
        long transitions,
        long bytes,
        int drawable,
        int shown,
        long added,
        long evicted,
        long drawn,
        double prioritySum,
        double largestPriority,
        long latePriorities) {}
