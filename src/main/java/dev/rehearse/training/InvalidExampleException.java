package dev.rehearse.training;

/** A row of the training or validation data cannot be learned from. */
public final class InvalidExampleException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int line;
    private final Part part;

    /** Which examples the row is among. */
    public enum Part {
        TRAINING,
        /** Perhaps held out from the training data. */
        VALIDATION,
        /** Among the logged episodes. */
        REPLAY
    }

    public InvalidExampleException(int line, String reason) {
        this(line, "line " + line + ": " + reason, Part.TRAINING);
    }

    private InvalidExampleException(int line, String message, Part part) {
        super(message);
        this.line = line;
        this.part = part;
    }

    /** The same of a row among the validation examples. */
    InvalidExampleException inValidation() {
        return new InvalidExampleException(line, String.valueOf(getMessage()), Part.VALIDATION);
    }

    /** The same of a row among the logged episodes. */
    InvalidExampleException inReplay() {
        return new InvalidExampleException(line, String.valueOf(getMessage()), Part.REPLAY);
    }

    public Part part() {
        return part;
    }

    /** Where the row stands in its file, counted from 1. */
    public int line() {
        return line;
    }
}
