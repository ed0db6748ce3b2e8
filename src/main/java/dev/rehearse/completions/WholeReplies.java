package dev.rehearse.completions;

import dev.rehearse.generation.Completion;
import dev.rehearse.generation.GeneratedToken;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;

/** Waits for the last of several replies. Thread-safe. */
final class WholeReplies implements Replies.Audience {
    private final AtomicReferenceArray<Completion> replies;
    private final AtomicInteger missing;
    private final CompletableFuture<List<Completion>> all = new CompletableFuture<>();

    WholeReplies(int count) {
        replies = new AtomicReferenceArray<>(count);
        missing = new AtomicInteger(count);
    }

    /** All replies in the order they were asked for, or the first failure. */
    CompletableFuture<List<Completion>> all() {
        return all;
    }

    @Override
    public void promptRead(int index, List<GeneratedToken> tokens) {}

    @Override
    public void progressed(int index, String text, List<GeneratedToken> tokens) {}

    @Override
    public void finished(int index, Completion reply) {
        replies.set(index, reply);
        if (missing.decrementAndGet() == 0) {
            all.complete(
                    IntStream.range(0, replies.length()).mapToObj(replies::get).toList());
        }
    }

    @Override
    public void failed(RuntimeException cause) {
        all.completeExceptionally(cause);
    }
}
