package dev.rehearse.generation;

/** Generates many replies at once with one network, joining and leaving at any step. Thread-safe. */
public final class BatchScheduler implements AutoCloseable {
    /** A request under way. */
    public interface Ticket {
        /** Frees the request's slot before the next step; no call of its listener follows. Idempotent. */
        void cancel();
    }

    /**
     * Queues a request; its listener hears the rest.
     *
     * @throws IllegalArgumentException when prompt and maxTokens together exceed the context
     * @throws QueueFullException when the queue's bound is reached
     */
    public Ticket submit(GenerationRequest request, GenerationListener listener) {
        throw new UnsupportedOperationException("being written");
    }

    /** Fails what is still under way and frees the cache. */
    @Override
    public void close() {}
}
