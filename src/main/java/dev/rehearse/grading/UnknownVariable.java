package dev.rehearse.grading;

/** A template asked for a path that the row or the reply does not have. */
public final class UnknownVariable extends GradingException {
    private static final long serialVersionUID = 1L;

    private final boolean inReply;

    UnknownVariable(String message, boolean inReply) {
        super(message);
        this.inReply = inReply;
    }

    @Override
    public GradeError error() {
        return GradeError.INVALID_VARIABLE_ERROR;
    }

    @Override
    public boolean blamesReply() {
        return inReply;
    }
}
