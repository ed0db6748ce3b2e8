package dev.rehearse.generation;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;

/** Replies that wait for a slot, bounded in tokens of prompt and reply. Guarded by the lock on itself, which callers take. */
final class RequestQueue {
    private final long mostTokens;
    private final Queue<ActiveReply> waiting = new ArrayDeque<>();
    private long tokens;
    private double tokensPerSecond = 50;

    RequestQueue(long mostTokens) {
        this.mostTokens = mostTokens;
    }

    /**
     * Takes a reply; an empty queue takes any.
     *
     * @throws QueueFullException when the bound is reached
     */
    void add(ActiveReply reply) {
        dropCancelled();
        if (tokens > 0 && tokens + reply.tokenBudget() > mostTokens) {
            throw new QueueFullException(tokens + " tokens wait already; allowed: " + mostTokens, expectedWait());
        }
        tokens += reply.tokenBudget();
        waiting.add(reply);
    }

    private Duration expectedWait() {
        return Duration.ofSeconds((long) Math.max(1, Math.ceil(tokens / tokensPerSecond)));
    }

    /** Takes a new measurement of how fast replies grow. */
    void measured(double rate) {
        tokensPerSecond += 0.05 * (rate - tokensPerSecond);
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** The one that has waited longest; there must be one. */
    ActiveReply remove() {
        ActiveReply next = waiting.remove();
        tokens -= next.tokenBudget();
        return next;
    }

    List<ActiveReply> removeAll() {
        List<ActiveReply> all = List.copyOf(waiting);
        waiting.clear();
        tokens = 0;
        return all;
    }

    /** What nobody waits for any more must not keep others out. */
    void dropCancelled() {
        waiting.removeIf(reply -> {
            boolean cancelled = reply.isCancelled();
            tokens -= cancelled ? reply.tokenBudget() : 0;
            return cancelled;
        });
    }
}
