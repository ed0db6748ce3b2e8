package dev.rehearse.generation;

import java.time.Duration;

/** The queue of requests has reached its bound. */
public final class QueueFullException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Duration retryAfter;

    public QueueFullException(String message, Duration retryAfter) {
        super(message);
        this.retryAfter = retryAfter;
    }

    /** When room is expected, from the rate measured so far. */
    public Duration retryAfter() {
        return retryAfter;
    }
}
