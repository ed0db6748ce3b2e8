package dev.rehearse.completions;

import dev.rehearse.models.Lease;
import dev.rehearse.models.ModelCache;
import dev.rehearse.web.ApiException;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Leases the model, has the replies generated and brings them to the client, whole or as a stream. No thread of the web
 * server waits for a reply. Thread-safe.
 */
@Component
final class ReplyDelivery {
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final ModelCache models;
    private final Streams streams;
    private final WholeAnswers wholes;
    private final ReplyMeters meters;

    ReplyDelivery(ModelCache models, Streams streams, WholeAnswers wholes, ReplyMeters meters) {
        this.models = models;
        this.streams = streams;
        this.wholes = wholes;
        this.meters = meters;
    }

    /**
     * Starts the work that {@code plan} makes of the request.
     *
     * @return what the controller returns to Spring, which waits for it; null when the answer is a stream
     * @throws ApiException before anything was sent: unknown model, prompt too long, queue full
     */
    @Nullable
    Object answer(
            Options options, ReplyMeters.Endpoint endpoint, Function<Lease, Work> plan, Streams.Exchange exchange) {
        Lease lease = models.lease(options.model());
        Replies replies = new Replies(lease, meters.of(endpoint, options.model()));
        try {
            Work work = plan.apply(replies.lease());
            if (!options.streams()) {
                return wholes.open(options, work, replies, exchange);
            }
            streams.open(work, options, replies, exchange);
            return null;
        } catch (RuntimeException | Error e) {
            replies.close();
            throw e;
        }
    }

    static ApiException tooLong(Duration timeout) {
        return ApiException.unavailable(
                "timeout", "The reply was not complete after " + timeout.toSeconds() + " seconds", RETRY);
    }
}
