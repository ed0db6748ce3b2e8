package dev.rehearse.training;

import java.util.List;

/** A training setting is unknown, of the wrong type, out of range, or does not apply to the chosen method. */
public final class InvalidSettingException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String name;
    private final Fault fault;

    /** What is wrong with a setting. */
    public enum Fault {
        /** There is no such setting. */
        UNKNOWN,
        WRONG_TYPE,
        /** The value is not allowed, here or at all. */
        NOT_ALLOWED
    }

    public InvalidSettingException(String name, String message) {
        this(name, message, Fault.NOT_ALLOWED);
    }

    InvalidSettingException(String name, String message, Fault fault) {
        super(message);
        this.name = name;
        this.fault = fault;
    }

    static InvalidSettingException unknown(String name, List<String> known) {
        return new InvalidSettingException(name, name + " is not a setting; known: " + known, Fault.UNKNOWN);
    }

    /** The setting as its owner wrote it, e.g. {@code dqn.epsilon.start} or {@code hyperparameters.batch_size}. */
    public String name() {
        return name;
    }

    public Fault fault() {
        return fault;
    }
}
