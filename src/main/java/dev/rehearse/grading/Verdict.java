package dev.rehearse.grading;

import dev.rehearse.grading.GraderCall.Failure;
import org.jspecify.annotations.Nullable;

/**
 * What a single grader makes of one reply, before anybody looks at the clock. Immutable.
 *
 * @param score 0 when it failed
 */
record Verdict(
        double score, @Nullable Failure failure, @Nullable Tokens tokens) {

    static Verdict of(double score) {
        return new Verdict(score, null, null);
    }

    static Verdict failed(Failure failure) {
        return new Verdict(0, failure, null);
    }

    /** How a single grader judges; may throw what has an error of its own. */
    @FunctionalInterface
    interface Judge {
        Verdict judge(Subject subject);
    }

    static Verdict by(Judge judge, Subject subject) {
        try {
            return judge.judge(subject);
        } catch (GradingException e) {
            return failed(Failure.of(e));
        }
    }
}
