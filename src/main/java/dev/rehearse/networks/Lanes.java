package dev.rehearse.networks;

import ai.djl.pytorch.jni.JniUtils;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Threads that work through the parts of one piece of work at once, each with a single thread of libtorch.
 *
 * <p>A small network's operations are too short to be divided: two threads of libtorch that meet after each of them are
 * slower than one. Halves of a batch meet once. No team of OpenMP's is ever formed here, so that lanes do not hinder each
 * other. Used by the device's thread only, which waits meanwhile.
 */
final class Lanes implements AutoCloseable {
    private final int count;
    private final ExecutorService threads;

    Lanes(int count) {
        this.count = count;
        threads = Executors.newFixedThreadPool(count, Lane::new);
    }

    /** Libtorch's settings belong to a thread. */
    static final class Lane extends Thread {
        Lane(Runnable work) {
            super(work);
            setName("lane-" + getId());
            setDaemon(true);
        }

        @Override
        public void run() {
            JniUtils.setGradMode(false);
            JniUtils.setGraphExecutorOptimize(false);
            JniUtils.setNumThreads(1);
            super.run();
        }
    }

    int count() {
        return count;
    }

    /** Runs the parts and returns their results in order; when one fails, after all have ended. */
    <T> List<T> run(List<Callable<T>> parts) {
        List<CompletableFuture<T>> running = parts.stream()
                .map(part -> CompletableFuture.supplyAsync(() -> Device.direct(part), threads))
                .toList();
        try {
            CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)).join();
        } catch (CompletionException e) {
            throw Device.asUnchecked(e.getCause());
        }
        return running.stream().map(CompletableFuture::join).toList();
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
