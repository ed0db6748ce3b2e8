package dev.rehearse.completions;

import dev.rehearse.generation.BatchScheduler.Ticket;
import dev.rehearse.generation.Completion;
import dev.rehearse.generation.GeneratedToken;
import dev.rehearse.generation.GenerationListener;
import dev.rehearse.generation.GenerationRequest;
import dev.rehearse.generation.QueueFullException;
import dev.rehearse.models.Lease;
import dev.rehearse.web.ApiException;
import java.util.ArrayList;
import java.util.List;

/** The replies one HTTP request is waiting for, and the lease of the model that makes them. Thread-safe. */
final class Replies implements AutoCloseable {
    /** Hears all replies at once. Called by the thread that generates: must not block. */
    interface Audience {
        /** Log-probabilities of the prompt's tokens from the second on, before any progress, where they are reported. */
        void promptRead(int index, List<GeneratedToken> tokens);

        void progressed(int index, String text, List<GeneratedToken> tokens);

        void finished(int index, Completion reply);

        /** One of the replies cannot be completed; the others may still be heard of. */
        void failed(RuntimeException cause);
    }

    private final Lease lease;
    private final ReplyMeters.Of meters;
    /** Guarded by itself, with {@code cancelled}. */
    private final List<UnderWay> tickets = new ArrayList<>();

    private boolean cancelled;

    Replies(Lease lease, ReplyMeters.Of meters) {
        this.lease = lease;
        this.meters = meters;
    }

    private record UnderWay(Ticket ticket, ReplyMeters.Timed timed) {
        void cancel() {
            timed.cancelled();
            ticket.cancel();
        }
    }

    /**
     * Queues all of them; when one is refused, those before it are cancelled.
     *
     * @throws ApiException 429 when the queue is full, 400 when it could never take so many
     */
    void start(List<GenerationRequest> requests, Audience audience) {
        if (!lease.loaded().canHold(requests)) {
            throw ApiException.invalid(
                    "invalid_value",
                    "max_tokens",
                    "Invalid value for 'max_tokens': " + requests.size()
                            + " replies of so many tokens are more than may"
                            + " ever wait for this model. Allowed: fewer replies, or shorter ones.");
        }
        try {
            for (int i = 0; i < requests.size(); i++) {
                ReplyMeters.Timed timed = meters.timed(listener(i, audience));
                keep(new UnderWay(lease.loaded().submit(requests.get(i), timed), timed));
            }
        } catch (QueueFullException e) {
            cancel();
            meters.rejected(requests.size());
            throw ApiException.busy("queue_full", "Too many replies are waiting: " + e.getMessage(), e.retryAfter());
        } catch (RuntimeException | Error e) {
            cancel();
            throw e;
        }
    }

    Lease lease() {
        return lease;
    }

    /** Frees the slots of replies under way. Idempotent; any thread, also the one that generates. */
    void cancel() {
        List<UnderWay> underWay;
        synchronized (tickets) {
            cancelled = true;
            underWay = List.copyOf(tickets);
            tickets.clear();
        }
        underWay.forEach(UnderWay::cancel);
    }

    /** Cancels what is under way and gives the model back. Idempotent; not on the thread that generates. */
    @Override
    public void close() {
        cancel();
        lease.close();
    }

    private void keep(UnderWay ticket) {
        synchronized (tickets) {
            if (!cancelled) {
                tickets.add(ticket);
                return;
            }
        }
        ticket.cancel();
    }

    private static GenerationListener listener(int index, Audience audience) {
        return new GenerationListener() {
            @Override
            public void promptRead(List<GeneratedToken> tokens) {
                audience.promptRead(index, tokens);
            }

            @Override
            public void progressed(String text, List<GeneratedToken> tokens) {
                audience.progressed(index, text, tokens);
            }

            @Override
            public void finished(Completion completion) {
                audience.finished(index, completion);
            }

            @Override
            public void failed(RuntimeException cause) {
                audience.failed(cause);
            }
        };
    }
}
