package dev.rehearse.grading;

import java.util.Map;

/**
 * What is graded: a reply, the row it answers, and when it was given.
 *
 * <p>Immutable, but {@code item} is not copied and must not change.
 *
 * @param item the training row as parsed JSON: maps, lists, strings, numbers, booleans and null
 */
public record Subject(Map<String, ?> item, Sample sample, Moment moment) {

    /** A reply outside of any run. */
    public static Subject of(Map<String, ?> item, Sample sample) {
        return new Subject(item, sample, Moment.NONE);
    }

    /**
     * How far the run is, so that a reward may change with it.
     *
     * @param step updates made so far
     * @param totalSteps 0 outside of a run
     */
    public record Moment(int step, int totalSteps) {
        /** Outside of any run. */
        public static final Moment NONE = new Moment(0, 0);
    }
}
