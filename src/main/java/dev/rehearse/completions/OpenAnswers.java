package dev.rehearse.completions;

import dev.rehearse.web.ApiException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * The answers under way. When the service goes down, the web server first takes no more requests and waits for these
 * ({@code spring.lifecycle.timeout-per-shutdown-phase}); those that are still not complete then are ended with an error.
 * Thread-safe.
 */
@Component
final class OpenAnswers implements SmartLifecycle {
    private static final Logger log = LoggerFactory.getLogger(OpenAnswers.class);
    private static final Duration RETRY = Duration.ofSeconds(5);
    /** For the last words to be written. */
    private static final Duration FAREWELL = Duration.ofSeconds(2);

    /** One of them. */
    interface Answer {
        /** Ends it with an error instead of a reply. */
        void cut(RuntimeException reason);
    }

    private final Set<Answer> open = ConcurrentHashMap.newKeySet();
    private volatile boolean running;

    int size() {
        return open.size();
    }

    void add(Answer answer) {
        open.add(answer);
    }

    void remove(Answer answer) {
        if (open.remove(answer) && !running) {
            synchronized (open) {
                open.notifyAll();
            }
        }
    }

    @Override
    public void start() {
        running = true;
    }

    @Override
    public void stop() {
        running = false;
        if (open.isEmpty()) {
            return;
        }
        log.info("{} replies are cut off: the service is shutting down", open.size());
        open.forEach(answer ->
                answer.cut(ApiException.unavailable("model_not_ready", "The service is shutting down", RETRY)));
        long deadline = System.nanoTime() + FAREWELL.toNanos();
        synchronized (open) {
            for (long left = FAREWELL.toNanos(); left > 0 && !open.isEmpty(); left = deadline - System.nanoTime()) {
                try {
                    TimeUnit.NANOSECONDS.timedWait(open, left);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** After the wait for requests and before the end of the web server. */
    @Override
    public int getPhase() {
        return WebServerApplicationContext.GRACEFUL_SHUTDOWN_PHASE - 1;
    }
}
