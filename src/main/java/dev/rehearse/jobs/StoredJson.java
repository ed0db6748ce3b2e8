package dev.rehearse.jobs;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** What goes into columns that both databases understand. Stateless; any thread. */
final class StoredJson {
    private static final JsonMapper JSON = new JsonMapper();

    private StoredJson() {}

    static String write(Map<String, ?> fields) {
        return JSON.writeValueAsString(fields);
    }

    static @Nullable String writeOrNull(@Nullable Map<String, ?> fields) {
        return fields == null ? null : write(fields);
    }

    static Map<String, Object> read(String json) {
        return JSON.readValue(json, new TypeReference<>() {});
    }

    static @Nullable Map<String, Object> readOrNull(@Nullable String json) {
        return json == null ? null : read(json);
    }

    static @Nullable OffsetDateTime at(@Nullable Instant instant) {
        return instant == null ? null : OffsetDateTime.ofInstant(instant, ZoneOffset.UTC);
    }

    static @Nullable Instant instant(@Nullable OffsetDateTime time) {
        return time == null ? null : time.toInstant();
    }
}
