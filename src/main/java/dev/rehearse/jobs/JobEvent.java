package dev.rehearse.jobs;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Something that happened to a job, as its owner reads it. Immutable. */
record JobEvent(
        String id,
        Instant createdAt,
        Level level,
        String message,
        @Nullable Map<String, Object> data) {

    /** How much it matters. */
    enum Level {
        INFO("info"),
        WARN("warn"),
        ERROR("error");

        private final String wireName;

        Level(String wireName) {
            this.wireName = wireName;
        }

        String wireName() {
            return wireName;
        }
    }

    /** The event on the wire; only metrics have data. */
    Map<String, @Nullable Object> view() {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("id", id);
        view.put("object", "fine_tuning.job.event");
        view.put("created_at", createdAt.getEpochSecond());
        view.put("level", level.wireName());
        view.put("message", message);
        view.put("type", data == null ? "message" : "metrics");
        view.put("data", data);
        return view;
    }
}
