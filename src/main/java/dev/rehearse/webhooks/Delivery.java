package dev.rehearse.webhooks;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An event on its way to an endpoint. Immutable.
 *
 * @param next when it is tried next; null once it has ended
 */
record Delivery(
        DeliveryId id,
        EndpointId endpoint,
        Event event,
        State state,
        Tries tries,
        @Nullable Instant next) {

    /** Whether it has come through. */
    enum State {
        PENDING,
        DELIVERED,
        FAILED;

        /** As it stands in JSON. */
        String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * What was tried so far.
     *
     * @param status the last answer's; null when there was none
     * @param problem of the last one; null when it came through
     */
    record Tries(
            int count,
            @Nullable Instant last,
            @Nullable Integer status,
            @Nullable String problem) {
        static final Tries NONE = new Tries(0, null, null, null);
    }

    static Delivery fresh(EndpointId endpoint, Event event) {
        return new Delivery(DeliveryId.fresh(), endpoint, event, State.PENDING, Tries.NONE, event.at());
    }
}
