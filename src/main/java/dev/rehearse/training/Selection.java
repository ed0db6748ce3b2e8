package dev.rehearse.training;

import java.util.List;

/** Which weights of a run are kept. Confined to the run's thread. */
interface Selection extends AutoCloseable {
    /** Looks at what the run starts from. */
    void start();

    void afterStep(int step);

    boolean isWorthGoingOn();

    /** Best first; not empty after {@link #start}. */
    List<Checkpoint> best();

    @Override
    void close();
}
