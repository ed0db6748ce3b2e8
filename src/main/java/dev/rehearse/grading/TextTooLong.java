package dev.rehearse.grading;

/** A rendered text passed {@link Template#MAX_RENDERED_LENGTH}: scoring it could hold a thread for seconds. */
public final class TextTooLong extends GradingException {
    private static final long serialVersionUID = 1L;

    TextTooLong(String message) {
        super(message);
    }

    @Override
    public GradeError error() {
        return GradeError.OTHER_ERROR;
    }
}
