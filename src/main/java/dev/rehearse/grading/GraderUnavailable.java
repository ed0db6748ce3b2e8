package dev.rehearse.grading;

/** What a grader needs beside the texts (a model, a server) is not there or did not answer as it must. */
public final class GraderUnavailable extends GradingException {
    private static final long serialVersionUID = 1L;

    private final GradeError error;

    public GraderUnavailable(GradeError error, String message) {
        super(message);
        this.error = error;
    }

    @Override
    public GradeError error() {
        return error;
    }
}
