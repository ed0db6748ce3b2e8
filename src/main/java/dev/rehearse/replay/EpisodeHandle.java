package dev.rehearse.replay;

/**
 * One episode of one memory, for ever: episodes are numbered in the order they were added, so the number is the slot
 * (number mod slots) and its generation stamp (number div slots) in one, and never names a newcomer. Immutable.
 */
public record EpisodeHandle(long number) {
    public EpisodeHandle {
        if (number < 0) {
            throw new IllegalArgumentException("number is " + number + ", must be at least 0");
        }
    }
}
