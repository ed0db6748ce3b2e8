package dev.rehearse.jobs;

import dev.rehearse.files.FileId;
import dev.rehearse.training.InvalidSettingException;
import dev.rehearse.training.Method;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a job learns, as it was asked for. Immutable.
 *
 * @param settings {@code method.<kind>} as plain JSON, the grader in canonical form
 */
record JobMethod(Kind kind, Map<String, Object> settings) {
    static final String REPLAY_FILE = "replay_file";
    static final String RESPONSE_FORMAT = "response_format";

    JobMethod {
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    }

    /** The logged episodes that reinforcement remembers before it starts. */
    @Nullable
    FileId replayFile() {
        Object file = kind == Kind.REINFORCEMENT ? settings.get(REPLAY_FILE) : null;
        return file == null ? null : new FileId(file.toString());
    }

    /** Whether anything judges a reply. */
    boolean hasGrader() {
        return settings.containsKey("grader");
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

        static Kind of(String wireName) {
            return Arrays.stream(values())
                    .filter(kind -> kind.wireName.equals(wireName))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("method.type is '" + wireName + "'"));
        }
    }

    /** {@code settings.hyperparameters}, empty when there are none. */
    @SuppressWarnings("unchecked") // the reader let nothing but an object of string keys in
    Map<String, Object> hyperparameters() {
        return (Map<String, Object>) settings.getOrDefault("hyperparameters", Map.of());
    }

    /**
     * What the settings mean; what they do not say is the default.
     *
     * @throws InvalidSettingException naming the first setting that is unknown or not allowed
     */
    Method resolve(Method.Experience experience) {
        Map<String, Object> learned = new LinkedHashMap<>(settings);
        return switch (kind) {
            case SUPERVISED -> Method.supervised(learned);
            case REINFORCEMENT -> {
                Object grader = learned.remove("grader");
                learned.remove(REPLAY_FILE);
                learned.remove(RESPONSE_FORMAT);
                yield Method.reinforcement(grader == null ? null : GraderReader.read(grader), experience, learned);
            }
        };
    }

    /** The models that grade; empty where none does. */
    Set<String> graderModels() {
        Set<String> models = new HashSet<>();
        collectModels(settings.get("grader"), models);
        return models;
    }

    private static void collectModels(@Nullable Object grader, Set<String> models) {
        if (grader instanceof Map<?, ?> fields) {
            if (fields.get("model") instanceof String model) {
                models.add(model);
            }
            if (fields.get("graders") instanceof Map<?, ?> parts) {
                parts.values().forEach(part -> collectModels(part, models));
            }
        }
    }

    /** The object {@code method} of the canonical body. */
    Map<String, Object> body() {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("type", kind.wireName());
        body.put(kind.wireName(), settings);
        return body;
    }
}
