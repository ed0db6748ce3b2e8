package dev.rehearse.webhooks;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.rehearse.web.FreshId;

/** Names an endpoint: {@code we_…}. Immutable. */
public record EndpointId(@JsonValue String value) {
    static EndpointId fresh() {
        return new EndpointId(FreshId.withPrefix("we_"));
    }

    @Override
    public String toString() {
        return value;
    }
}
