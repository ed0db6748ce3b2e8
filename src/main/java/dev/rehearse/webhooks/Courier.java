package dev.rehearse.webhooks;

import dev.rehearse.outbound.NoAnswerException;
import dev.rehearse.outbound.OutboundClient;
import dev.rehearse.web.ApiException;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.http.HttpRequest;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Brings events to endpoints, signed, one try at a time. {@code rehearse.webhook.tries} counts tries by outcome.
 * Thread-safe for different deliveries.
 */
@Component
final class Courier {
    private static final Logger log = LoggerFactory.getLogger(Courier.class);
    /** Nobody reads what a receiver says beside its status. */
    private static final int MOST_RESPONSE_BYTES = 1 << 16;

    private final EndpointRows endpoints;
    private final DeliveryRows deliveries;
    private final SigningSecrets secrets;
    private final WebhookSettings settings;
    private final OutboundClient client;
    private final MeterRegistry meters;
    private final Clock clock;

    Courier(Parts parts, SigningSecrets secrets, WebhookSettings settings, MeterRegistry meters, Clock clock) {
        this.endpoints = parts.endpoints();
        this.deliveries = parts.deliveries();
        this.secrets = secrets;
        this.settings = settings;
        this.client = new OutboundClient(settings.hosts(), MOST_RESPONSE_BYTES, settings.timeout());
        this.meters = meters;
        this.clock = clock;
    }

    /** What of the database a courier reads and writes. */
    @Component
    record Parts(EndpointRows endpoints, DeliveryRows deliveries) {}

    /**
     * How one try came out.
     *
     * @param status of the answer; null when there was none
     * @param problem null when it came through
     */
    record Outcome(@Nullable Integer status, @Nullable String problem) {}

    /** Makes the next try, and writes down how it came out; returns when to try again, if at all. */
    Optional<Instant> attempt(DeliveryId id) {
        Optional<Delivery> found = deliveries.find(id).filter(delivery -> delivery.state() == Delivery.State.PENDING);
        Optional<Endpoint> endpoint = found.flatMap(delivery -> endpoints.find(delivery.endpoint()));
        if (endpoint.isEmpty()) {
            found.ifPresent(delivery -> deliveries.deleteOf(delivery.endpoint()));
            return Optional.empty();
        }
        Delivery delivery = found.get();
        Delivery after = after(delivery, send(endpoint.get(), delivery.event()));
        deliveries.update(after);
        meters.counter("rehearse.webhook.tries", "state", after.state().wireName())
                .increment();
        return Optional.ofNullable(after.next());
    }

    /**
     * Tries an endpoint out with an event of no job.
     *
     * @return the status of the answer
     * @throws ApiException 400 when it did not come through
     */
    int test(Endpoint endpoint, EventType type) {
        Outcome outcome = send(endpoint, Event.fresh(type, "ftjob-test", clock.instant()));
        if (outcome.status() == null || outcome.problem() != null) {
            throw ApiException.invalid("webhook_test_failed", null, "The webhook endpoint " + outcome.problem() + ".");
        }
        return outcome.status();
    }

    private Delivery after(Delivery delivery, Outcome outcome) {
        int count = delivery.tries().count() + 1;
        Instant now = clock.instant();
        Delivery.Tries tries = new Delivery.Tries(count, now, outcome.status(), outcome.problem());
        Delivery.State state = Delivery.State.PENDING;
        if (outcome.problem() == null) {
            state = Delivery.State.DELIVERED;
        } else if (count >= settings.attempts()) {
            state = Delivery.State.FAILED;
            log.warn(
                    "webhook delivery {} of {} given up: {}",
                    delivery.id(),
                    delivery.event().job(),
                    outcome.problem());
        }
        Instant next = state == Delivery.State.PENDING ? now.plus(settings.pauseAfter(count)) : null;
        return new Delivery(delivery.id(), delivery.endpoint(), delivery.event(), state, tries, next);
    }

    private Outcome send(Endpoint endpoint, Event event) {
        try {
            int status =
                    client.send(request(endpoint, event), settings.timeout()).status();
            return new Outcome(status, status / 100 == 2 ? null : "answered " + status);
        } catch (NoAnswerException | IllegalStateException e) {
            if (Thread.currentThread().isInterrupted()) {
                throw e; // the service stops: this try counts for nothing
            }
            return new Outcome(null, e.getMessage());
        }
    }

    private HttpRequest request(Endpoint endpoint, Event event) {
        Instant now = clock.instant();
        String body = event.body();
        return HttpRequest.newBuilder(endpoint.wish().url())
                .setHeader("Content-Type", "application/json")
                .setHeader("User-Agent", "Rehearse")
                .setHeader("webhook-id", event.id())
                .setHeader("webhook-timestamp", Long.toString(now.getEpochSecond()))
                .setHeader("webhook-signature", secrets.sign(endpoint, event.id(), now, body))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }
}
