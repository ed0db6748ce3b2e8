package dev.rehearse.generation;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;

/** Replies that wait for a slot, bounded in tokens of prompt and reply. Guarded by the lock on itself, which callers take. */
final class RequestQueue {
    private static final long SHORTEST_WAIT_MILLIS = 100;
    private static final double MEMORY_SECONDS = 10;

    private final long mostTokens;
    private final Queue<ActiveReply> waiting = new ArrayDeque<>();
    private long tokens;
    /** Tokens read and chosen lately, and how long that took: both forgotten at the same pace. */
    private double lateTokens = 50;

    private double lateSeconds = 1;

    RequestQueue(long mostTokens) {
        this.mostTokens = mostTokens;
    }

    /** Whether an empty queue would take all of these; it takes any one. */
    boolean couldTake(List<GenerationRequest> requests) {
        return requests.size() <= 1
                || requests.stream().mapToLong(GenerationRequest::tokenBudget).sum() <= mostTokens;
    }

    /**
     * Takes a reply; an empty queue takes any.
     *
     * @throws QueueFullException when the bound is reached
     */
    void add(ActiveReply reply) {
        dropCancelled();
        if (tokens > 0 && tokens + reply.request().tokenBudget() > mostTokens) {
            throw new QueueFullException(tokens + " tokens wait already; allowed: " + mostTokens, expectedWait(reply));
        }
        tokens += reply.request().tokenBudget();
        waiting.add(reply);
    }

    /** Until so many tokens have left the queue that the reply fits, at the pace measured. */
    private Duration expectedWait(ActiveReply reply) {
        long tooMany = Math.min(tokens, tokens + reply.request().tokenBudget() - mostTokens);
        long millis = (long) Math.ceil(1000 * tooMany * lateSeconds / lateTokens);
        return Duration.ofMillis(Math.max(SHORTEST_WAIT_MILLIS, millis));
    }

    /** Takes a new measurement of how fast tokens are read and chosen. */
    void measured(int count, double seconds) {
        double kept = Math.exp(-seconds / MEMORY_SECONDS);
        lateTokens = lateTokens * kept + count;
        lateSeconds = lateSeconds * kept + seconds;
    }

    int size() {
        return waiting.size();
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** The one that has waited longest; there must be one. */
    ActiveReply remove() {
        ActiveReply next = waiting.remove();
        tokens -= next.request().tokenBudget();
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
            tokens -= cancelled ? reply.request().tokenBudget() : 0;
            return cancelled;
        });
    }
}
