package dev.rehearse.web;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Notices within a few hundredths of a second that a client has hung up which waits for an answer, written or not. One
 * thread looks at all watched connections in turn, at about a microsecond each. Thread-safe.
 */
@Component
public final class ClientWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ClientWatch.class);
    private static final Duration PERIOD = Duration.ofMillis(20);

    private final Map<ClientConnection, Runnable> watched = new ConcurrentHashMap<>();
    private final ScheduledExecutorService thread;

    ClientWatch() {
        thread = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread created = new Thread(task, "client-watch");
            created.setDaemon(true);
            return created;
        });
        thread.scheduleWithFixedDelay(this::look, PERIOD.toMillis(), PERIOD.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Watches until {@link #forget}, of which at least one call must come before the answer is completed.
     *
     * @param gone called once when the client has hung up, on the watching thread: must not block
     */
    public void watch(ClientConnection connection, Runnable gone) {
        watched.put(connection, gone);
    }

    /** No call of {@code gone} begins after this; the connection is left to its next request. Idempotent. */
    public void forget(ClientConnection connection) {
        watched.remove(connection);
        connection.leave();
    }

    private void look() {
        watched.forEach((connection, gone) -> {
            try {
                if (connection.isGone() && watched.remove(connection, gone)) {
                    gone.run();
                }
            } catch (RuntimeException e) { // else nobody would be watched from here on
                log.warn("a client could not be looked at, or its request not be given up", e);
            }
        });
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
