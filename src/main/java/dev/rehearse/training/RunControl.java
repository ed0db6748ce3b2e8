package dev.rehearse.training;

/** The outside of a run: where its reports go, and what it should do next. Called by the run's own thread. */
public interface RunControl {
    void report(Progress progress);

    /** Asked at least once per step. */
    Wish wish();

    /** Ends the run when it should not go on. */
    default void stopIfRequested() {
        if (wish().endsTheRun()) {
            throw new StoppedException();
        }
    }

    /** What the outside wants of a run, the most urgent last. */
    enum Wish {
        GO_ON,
        /** Save the state between two steps, and go on. */
        SAVE,
        /** Save the state and end: another run goes on from there. */
        SUSPEND,
        /** The same, and leave a checkpoint of the weights as they are. */
        PAUSE,
        /** End at once: nothing goes on from here. */
        STOP;

        boolean endsTheRun() {
            return switch (this) {
                case GO_ON, SAVE -> false;
                case SUSPEND, PAUSE, STOP -> true;
            };
        }

        boolean savesTheState() {
            return switch (this) {
                case SAVE, SUSPEND, PAUSE -> true;
                case GO_ON, STOP -> false;
            };
        }
    }
}
