package dev.rehearse.webhooks;

import dev.rehearse.outbound.AllowedHosts;
import dev.rehearse.web.ApiException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** The endpoints, as their owners change them. Thread-safe. */
@Component
final class Endpoints {
    private static final Logger log = LoggerFactory.getLogger(Endpoints.class);
    private static final int MOST = 100;

    private final EndpointRows rows;
    private final DeliveryRows deliveries;
    private final SigningSecrets secrets;
    private final AllowedHosts hosts;
    private final TransactionTemplate transaction;
    private final Clock clock;

    Endpoints(
            EndpointRows rows,
            DeliveryRows deliveries,
            SigningSecrets secrets,
            WebhookSettings settings,
            TransactionTemplate transaction,
            Clock clock) {
        this.rows = rows;
        this.deliveries = deliveries;
        this.secrets = secrets;
        this.hosts = settings.hosts();
        this.transaction = transaction;
        this.clock = clock;
    }

    /** What becomes of the secret before. */
    enum FormerSecret {
        STOPS,
        /** Signs as well for a day, so that receivers can change over. */
        STAYS_A_DAY
    }

    /** @throws ApiException 404 when there is no such endpoint */
    Endpoint require(EndpointId id) {
        return rows.find(id).orElseThrow(() -> unknown(id));
    }

    /** @throws ApiException 400 when its server must not be told, or there are too many endpoints */
    Endpoint add(Endpoint.Wish wish) {
        requireAllowed(wish.url());
        if (rows.all().size() >= MOST) {
            throw ApiException.invalid(
                    "invalid_value",
                    null,
                    "There are " + MOST + " webhook endpoints, the most allowed. Delete one first.");
        }
        Instant now = clock.instant();
        EndpointId id = EndpointId.fresh();
        Endpoint endpoint = new Endpoint(id, wish, secrets.fresh(id, null), now, now);
        rows.insert(endpoint);
        log.info("webhook endpoint {} made, for {}", id, AllowedHosts.authority(wish.url()));
        return endpoint;
    }

    /** @throws ApiException 404 when there is no such endpoint, 400 when its server must not be told */
    Endpoint change(Endpoint endpoint, Endpoint.Wish wish) {
        requireAllowed(wish.url());
        Endpoint changed = new Endpoint(endpoint.id(), wish, endpoint.signing(), endpoint.createdAt(), clock.instant());
        if (!rows.updateWish(changed)) {
            throw unknown(endpoint.id());
        }
        return changed;
    }

    /** @throws ApiException 404 when there is no such endpoint */
    Endpoint rotate(EndpointId id, FormerSecret former) {
        Endpoint endpoint = require(id);
        Instant now = clock.instant();
        Endpoint.Former kept = switch (former) {
            case STOPS -> null;
            case STAYS_A_DAY -> new Endpoint.Former(endpoint.signing().salt(), now.plus(Duration.ofDays(1)));
        };
        Endpoint rotated = new Endpoint(id, endpoint.wish(), secrets.fresh(id, kept), endpoint.createdAt(), now);
        if (!rows.updateSigning(rotated)) {
            throw unknown(id);
        }
        log.info("webhook endpoint {} has a new secret", id);
        return rotated;
    }

    /**
     * Deletes it with its deliveries.
     *
     * @throws ApiException 404 when there is no such endpoint
     */
    void delete(EndpointId id) {
        transaction.executeWithoutResult(status -> {
            if (!rows.delete(id)) {
                throw unknown(id);
            }
            deliveries.deleteOf(id);
        });
        log.info("webhook endpoint {} deleted", id);
    }

    /** The current secret; for the answers that may show it. */
    String secret(Endpoint endpoint) {
        return secrets.text(endpoint.id(), endpoint.signing().salt());
    }

    private void requireAllowed(URI url) {
        if (!hosts.has(url)) {
            throw ApiException.invalid(
                    "unsupported_value",
                    "url",
                    "Unsupported value for 'url': " + AllowedHosts.authority(url) + " is not among the servers that"
                            + " webhooks may go to. Whoever runs the service can add it to the setting"
                            + " rehearse.webhooks.allowed, which is empty unless it was set.");
        }
    }

    private static ApiException unknown(EndpointId id) {
        return ApiException.notFound(null, "webhook_endpoint_id", "No such webhook endpoint: " + id);
    }
}
