package dev.rehearse.completions;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.stereotype.Component;

/** The threads that turn what was generated into answers, so that the ones that generate need not. Thread-safe. */
@Component
final class ReplyThreads implements AutoCloseable {
    private static final int WRITERS = 2;

    private final ExecutorService writers = Executors.newFixedThreadPool(WRITERS, daemons("reply-writer-"));

    /** For work that never waits for a client. */
    Executor writers() {
        return writers;
    }

    static ThreadFactory daemons(String prefix) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, prefix + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    @Override
    public void close() {
        writers.shutdown();
    }
}
