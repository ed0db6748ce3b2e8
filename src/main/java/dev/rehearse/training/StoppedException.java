package dev.rehearse.training;

/** A run ended early because its {@link RunControl} asked for it; checkpoints reported before stay valid. */
public final class StoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StoppedException() {
        super("the run was asked to stop");
    }
}
