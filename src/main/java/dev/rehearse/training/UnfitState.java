package dev.rehearse.training;

/** A saved state is whole, but another run's, or an older program's: the run starts from its beginning. */
final class UnfitState extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnfitState(String message, Throwable cause) {
        super(message, cause);
    }
}
