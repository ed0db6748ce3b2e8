package dev.rehearse.training;

import java.util.List;

/** Which weights of a run are kept. Confined to the run's thread. */
interface Selection extends AutoCloseable {
    /** Whether the weights after this step, which step 0 stands for what the run starts from, are still to be looked at. */
    boolean isDue(int step);

    /** Looks at them; broken off, it has not looked. */
    void look(int step);

    boolean isWorthGoingOn();

    /** Best first; not empty once step 0 was looked at. */
    List<Checkpoint> best();

    /** All that it knows. */
    RunState.Selected selected();

    /** Goes on from what an earlier run knew. */
    void restore(RunState.Selected selected);

    @Override
    void close();
}
