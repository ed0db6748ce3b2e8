package dev.rehearse.webhooks;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint on the wire. Immutable.
 *
 * @param signingSecret in the answers that make one, and nowhere else
 * @param signingSecretHint how it ends
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
record EndpointObject(
        String id,
        String object,
        @JsonProperty("created_at") long createdAt,
        @JsonProperty("updated_at") long updatedAt,
        String name,
        String url,
        @JsonProperty("event_types") List<String> eventTypes,

        @JsonProperty("signing_secret") @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
        String signingSecret,

        @JsonProperty("signing_secret_hint") String signingSecretHint) {

    static EndpointObject of(Endpoint endpoint) {
        return of(endpoint, null);
    }

    static EndpointObject of(Endpoint endpoint, @Nullable String secret) {
        return new EndpointObject(
                endpoint.id().value(),
                "webhook_endpoint",
                endpoint.createdAt().getEpochSecond(),
                endpoint.updatedAt().getEpochSecond(),
                endpoint.wish().name(),
                endpoint.wish().url().toString(),
                endpoint.wish().types().stream()
                        .sorted()
                        .map(EventType::wireName)
                        .toList(),
                secret,
                "…" + endpoint.signing().hint());
    }

    /** The answer to a deletion. Immutable. */
    record Deleted(String id, String object, boolean deleted) {}

    /** The answer to a try. Immutable. */
    record Tested(
            String object,
            @JsonProperty("webhook_endpoint_id") String endpoint,
            @JsonProperty("event_type") String eventType,
            @JsonProperty("status_code") int statusCode,
            boolean success) {}

    /** What endpoints can ask for. Immutable. */
    record EventTypes(String object, List<String> data) {}
}
