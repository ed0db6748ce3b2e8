package dev.rehearse.grading;

import org.jspecify.annotations.Nullable;

/**
 * One grader's judgement of one reply, and what it took. A multi makes one call for each of its graders, and one of its
 * own where the formula fails.
 *
 * <p>Immutable.
 *
 * @param name the grader's, or the name that a multi's formula knows it by
 * @param type the grader's on the wire
 * @param score 0 when it failed
 * @param nanos how long it took; replies judged in one request took as long as the request
 * @param tokens of a model grader that got an answer
 */
public record GraderCall(
        String name,
        String type,
        double score,
        @Nullable Failure failure,
        long nanos,
        @Nullable Tokens tokens) {

    /**
     * Why there is no score.
     *
     * @param problem for people
     * @param byReply the reply is to blame and the grader is sound: a model that is still learning to write JSON
     */
    public record Failure(GradeError error, String problem, boolean byReply) {
        static Failure of(GradingException e) {
            return new Failure(e.error(), String.valueOf(e.getMessage()), e.blamesReply());
        }
    }

    GraderCall named(String other) {
        return new GraderCall(other, type, score, failure, nanos, tokens);
    }
}
