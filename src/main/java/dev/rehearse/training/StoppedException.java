package dev.rehearse.training;

/**
 * A run ended early because its {@link RunControl} asked for it; checkpoints reported before stay valid, and a run of the
 * same specification goes on where the last reported state was saved.
 */
public final class StoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StoppedException() {
        super("the run was asked to stop");
    }
}
