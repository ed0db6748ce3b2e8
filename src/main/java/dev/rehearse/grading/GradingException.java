package dev.rehearse.grading;

/** A reply that cannot be graded: {@link Grader#grade} turns it into a {@link Grade} of score 0. */
public abstract sealed class GradingException extends RuntimeException
        permits UnknownVariable, SampleNotJson, TextTooLong, FormulaNotFinite, GraderUnavailable {
    private static final long serialVersionUID = 1L;

    GradingException(String message) {
        super(message);
    }

    /** What the caller counts. */
    public abstract GradeError error();

    /** Whether a better reply to the same prompt would have been graded. */
    public boolean blamesReply() {
        return false;
    }
}
