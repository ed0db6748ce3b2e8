package dev.rehearse.training;

/** A training setting is unknown, of the wrong type, out of range, or does not apply to the chosen method. */
public final class InvalidSettingException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String name;

    public InvalidSettingException(String name, String message) {
        super(message);
        this.name = name;
    }

    /** The setting as its owner wrote it, e.g. {@code dqn.epsilon.start} or {@code hyperparameters.batch_size}. */
    public String name() {
        return name;
    }
}
