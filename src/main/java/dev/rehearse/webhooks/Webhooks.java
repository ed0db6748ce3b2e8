package dev.rehearse.webhooks;

import java.time.Clock;
import org.springframework.stereotype.Component;

/** Where it is said that a job has ended. Thread-safe. */
@Component
public final class Webhooks {
    private final EndpointRows endpoints;
    private final DeliveryRows deliveries;
    private final DeliveryPool pool;
    private final WebhookSettings settings;
    private final Clock clock;

    Webhooks(
            EndpointRows endpoints, DeliveryRows deliveries, DeliveryPool pool, WebhookSettings settings, Clock clock) {
        this.endpoints = endpoints;
        this.deliveries = deliveries;
        this.pool = pool;
        this.settings = settings;
        this.clock = clock;
    }

    /** Has every endpoint told that wants to be; what is stored for it is part of the caller's transaction. */
    public void announce(EventType type, String job) {
        if (!settings.areOn()) {
            return;
        }
        Event event = Event.fresh(type, job, clock.instant());
        for (Endpoint endpoint : endpoints.all()) {
            if (endpoint.wish().types().contains(type)) {
                Delivery delivery = Delivery.fresh(endpoint.id(), event);
                deliveries.insert(delivery);
                pool.schedule(delivery.id());
            }
        }
    }
}
