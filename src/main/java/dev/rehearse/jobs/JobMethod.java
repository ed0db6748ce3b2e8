package dev.rehearse.jobs;

import dev.rehearse.training.Method;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How a job learns, as it was asked for. Immutable.
 *
 * @param settings {@code method.<kind>} as plain JSON, the grader in canonical form
 * @param resolved what the settings mean; what they do not say is the default
 */
record JobMethod(Kind kind, Map<String, Object> settings, Method resolved) {
    JobMethod {
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    }

    /** Which kind of learning. */
    enum Kind {
        SUPERVISED("supervised"),
        REINFORCEMENT("reinforcement");

        private final String wireName;

        Kind(String wireName) {
            this.wireName = wireName;
        }

        String wireName() {
            return wireName;
        }
    }

    /** {@code settings.hyperparameters}, empty when there are none. */
    @SuppressWarnings("unchecked") // the reader let nothing but an object of string keys in
    Map<String, Object> hyperparameters() {
        return (Map<String, Object>) settings.getOrDefault("hyperparameters", Map.of());
    }

    /** The object {@code method} of the canonical body. */
    Map<String, Object> body() {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("type", kind.wireName());
        body.put(kind.wireName(), settings);
        return body;
    }
}
