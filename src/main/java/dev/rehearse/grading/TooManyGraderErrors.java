package dev.rehearse.grading;

/** A run's grader fails too often to learn from; the message has its last error. */
public final class TooManyGraderErrors extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooManyGraderErrors(String message) {
        super(message);
    }
}
