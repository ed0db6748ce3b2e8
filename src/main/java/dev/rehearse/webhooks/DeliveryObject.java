package dev.rehearse.webhooks;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A delivery on the wire, which is our own. Immutable. */
@JsonInclude(JsonInclude.Include.ALWAYS)
record DeliveryObject(
        String id,
        String object,
        @JsonProperty("webhook_endpoint_id") String endpoint,
        @JsonProperty("event_id") String event,
        @JsonProperty("event_type") String eventType,
        @JsonProperty("fine_tuning_job_id") String job,
        String status,
        int attempts,

        @JsonProperty("last_status_code") @Nullable Integer lastStatusCode,

        @JsonProperty("last_error") @Nullable String lastError,
        @JsonProperty("created_at") long createdAt,

        @JsonProperty("last_attempt_at") @Nullable Long lastAttemptAt,

        @JsonProperty("next_attempt_at") @Nullable Long nextAttemptAt) {

    static DeliveryObject of(Delivery delivery) {
        return new DeliveryObject(
                delivery.id().value(),
                "webhook_delivery",
                delivery.endpoint().value(),
                delivery.event().id(),
                delivery.event().type().wireName(),
                delivery.event().job(),
                delivery.state().wireName(),
                delivery.tries().count(),
                delivery.tries().status(),
                delivery.tries().problem(),
                delivery.event().at().getEpochSecond(),
                seconds(delivery.tries().last()),
                seconds(delivery.next()));
    }

    private static @Nullable Long seconds(@Nullable Instant instant) {
        return instant == null ? null : instant.getEpochSecond();
    }
}
