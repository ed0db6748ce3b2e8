package dev.rehearse.keys;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.rehearse.web.FreshId;

/** Names a key without giving it away: {@code key_…}. Immutable. */
public record KeyId(@JsonValue String value) {
    static KeyId fresh() {
        return new KeyId(FreshId.withPrefix("key_"));
    }

    @Override
    public String toString() {
        return value;
    }
}
