package dev.rehearse.keys;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A key on the wire. Immutable.
 *
 * @param redactedValue how it begins
 * @param value the key itself, in the answer to its making and nowhere else
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
record KeyObject(
        String id,
        String object,
        String name,
        List<String> scopes,
        @JsonProperty("created_at") long createdAt,

        @JsonProperty("requests_per_minute") @Nullable Integer requestsPerMinute,

        @JsonProperty("concurrent_requests") @Nullable Integer concurrentRequests,

        @JsonProperty("redacted_value") String redactedValue,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String value) {

    static KeyObject of(ApiKey key) {
        return of(key, null);
    }

    static KeyObject of(Keys.Fresh fresh) {
        return of(fresh.key(), fresh.text());
    }

    private static KeyObject of(ApiKey key, @Nullable String value) {
        return new KeyObject(
                key.id().value(),
                "api_key",
                key.name(),
                key.scopes().stream().sorted().map(Scope::wireName).toList(),
                key.createdAt().getEpochSecond(),
                key.limits().requestsPerMinute(),
                key.limits().concurrentRequests(),
                key.hint() + "…",
                value);
    }

    /** The answer to a deletion. Immutable. */
    record Deleted(String id, String object, boolean deleted) {}
}
