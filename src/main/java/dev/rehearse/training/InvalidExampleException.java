package dev.rehearse.training;

/** A row of the training or validation data cannot be learned from. */
public final class InvalidExampleException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int line;

    public InvalidExampleException(int line, String reason) {
        super("line " + line + ": " + reason);
        this.line = line;
    }

    /** Where the row stands in its file, counted from 1. */
    public int line() {
        return line;
    }
}
