package dev.rehearse.generation;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A listener that keeps what it hears, and whose reaction a test may choose. */
final class Heard implements GenerationListener {
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Runnable onProgress;
    final List<String> deltas = Collections.synchronizedList(new ArrayList<>());
    final List<GeneratedToken> tokens = Collections.synchronizedList(new ArrayList<>());
    final List<String> calls = Collections.synchronizedList(new ArrayList<>());
    volatile Completion completion;
    volatile RuntimeException failure;

    Heard() {
        this(() -> {});
    }

    Heard(Runnable onProgress) {
        this.onProgress = onProgress;
    }

    @Override
    public void promptRead(List<GeneratedToken> prompt) {
        calls.add("promptRead");
    }

    @Override
    public void progressed(String text, List<GeneratedToken> more) {
        calls.add("progressed");
        deltas.add(text);
        tokens.addAll(more);
        onProgress.run();
    }

    @Override
    public void finished(Completion whole) {
        calls.add("finished");
        completion = whole;
        ended.countDown();
    }

    @Override
    public void failed(RuntimeException cause) {
        calls.add("failed");
        failure = cause;
        ended.countDown();
    }

    void awaitEnd() throws InterruptedException {
        assertTrue(ended.await(30, TimeUnit.SECONDS), "neither finished nor failed; heard " + calls);
    }

    /** The whole reply, once it is complete. */
    Completion awaitCompletion() throws InterruptedException {
        awaitEnd();
        assertTrue(completion != null, "failed: " + failure);
        return completion;
    }

    String text() {
        return String.join("", deltas);
    }
}
