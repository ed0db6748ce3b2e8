package dev.rehearse.training;

/** Runs one training after the other or several at once; each call owns everything it makes. Thread-safe. */
public final class Trainer {
    /**
     * Trains to the end, on the calling thread and the device's.
     *
     * @throws InvalidExampleException when a row cannot be learned from; nothing was written
     * @throws StoppedException when {@code control} asked to stop
     */
    public RunResult run(RunSpec spec, RunControl control) {
        throw new UnsupportedOperationException("being written");
    }
}
