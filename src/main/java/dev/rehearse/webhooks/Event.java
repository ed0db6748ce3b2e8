package dev.rehearse.webhooks;

import dev.rehearse.web.FreshId;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * Something that happened to a job. Immutable.
 *
 * @param id {@code evt_…}, the same in every delivery, so that a receiver notices what it has seen
 */
record Event(String id, EventType type, String job, Instant at) {
    private static final JsonMapper JSON = new JsonMapper();

    static Event fresh(EventType type, String job, Instant at) {
        return new Event(FreshId.withPrefix("evt_"), type, job, at);
    }

    /** The bytes that are signed and sent, as text. */
    String body() {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("id", id);
        body.put("object", "event");
        body.put("created_at", at.getEpochSecond());
        body.put("type", type.wireName());
        body.put("data", Map.of("id", job));
        return JSON.writeValueAsString(body);
    }
}
