package dev.rehearse.models;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The right to use a loaded model: until it is closed the model stays in memory. Thread-safe. Closing may free a
 * network, so it must not happen on the thread that generates.
 */
public final class Lease implements AutoCloseable {
    private final Model model;
    private final LoadedModel loaded;
    private final Runnable release;
    private final AtomicBoolean closed = new AtomicBoolean();

    Lease(Model model, LoadedModel loaded, Runnable release) {
        this.model = model;
        this.loaded = loaded;
        this.release = release;
    }

    public Model model() {
        return model;
    }

    public LoadedModel loaded() {
        return loaded;
    }

    /** Gives the model back. Idempotent. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            release.run();
        }
    }
}
