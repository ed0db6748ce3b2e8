package dev.rehearse.training;

import java.util.List;

/** A training setting is unknown, of the wrong type, out of range, or does not apply to the chosen method. */
public final class InvalidSettingException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String name;
    private final boolean unknown;

    public InvalidSettingException(String name, String message) {
        this(name, message, false);
    }

    private InvalidSettingException(String name, String message, boolean unknown) {
        super(message);
        this.name = name;
        this.unknown = unknown;
    }

    static InvalidSettingException unknown(String name, List<String> known) {
        return new InvalidSettingException(name, name + " is not a setting; known: " + known, true);
    }

    /** The setting as its owner wrote it, e.g. {@code dqn.epsilon.start} or {@code hyperparameters.batch_size}. */
    public String name() {
        return name;
    }

    /** Whether there is no such setting, as opposed to a value that is not allowed. */
    public boolean isUnknown() {
        return unknown;
    }
}
