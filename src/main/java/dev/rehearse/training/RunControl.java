package dev.rehearse.training;

/** The outside of a run: where its reports go, and whether it should stop. Called by the run's own thread. */
public interface RunControl {
    void report(Progress progress);

    /** Asked at least once per step; when true the run ends with {@link StoppedException}. */
    boolean stopRequested();

    /** Ends the run when a stop was requested. */
    default void stopIfRequested() {
        if (stopRequested()) {
            throw new StoppedException();
        }
    }
}
