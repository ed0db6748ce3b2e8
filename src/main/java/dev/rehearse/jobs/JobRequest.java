package dev.rehearse.jobs;

import dev.rehearse.files.FileId;
import dev.rehearse.training.InvalidSettingException;
import dev.rehearse.training.Method;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a client asked for, in canonical form. Immutable. */
record JobRequest(
        String model, FileId trainingFile, @Nullable FileId validationFile, JobMethod method, int seed, Labels labels) {

    /** What the job is called by its owner. */
    record Labels(@Nullable String suffix, Map<String, String> metadata) {
        Labels {
            metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
        }
    }

    /** Reads what {@link #body} wrote; settings that a later version may refuse are not judged here. */
    @SuppressWarnings("unchecked") // written by body()
    static JobRequest ofBody(Map<String, Object> body) {
        Map<String, Object> method = (Map<String, Object>) Objects.requireNonNull(body.get("method"));
        JobMethod.Kind kind = JobMethod.Kind.of((String) Objects.requireNonNull(method.get("type")));
        Object validation = body.get("validation_file");
        Labels labels =
                new Labels((String) body.get("suffix"), (Map<String, String>) body.getOrDefault("metadata", Map.of()));
        return new JobRequest(
                (String) Objects.requireNonNull(body.get("model")),
                new FileId((String) Objects.requireNonNull(body.get("training_file"))),
                validation == null ? null : new FileId((String) validation),
                new JobMethod(kind, (Map<String, Object>) Objects.requireNonNull(method.get(kind.wireName()))),
                ((Number) Objects.requireNonNull(body.get("seed"))).intValue(),
                labels);
    }

    /**
     * How the job learns; what its settings do not say is the default.
     *
     * @throws InvalidSettingException naming the first setting that is unknown or not allowed
     */
    Method resolve() {
        return method.resolve(experience());
    }

    /** Without prompts of its own, the training file being the replay file, a job plays nothing. */
    Method.Experience experience() {
        FileId replay = method.replayFile();
        if (replay == null) {
            return Method.Experience.PLAYED;
        }
        return replay.equals(trainingFile) ? Method.Experience.LOGGED : Method.Experience.PLAYED_AND_LOGGED;
    }

    /** The canonical body: what {@link #ofBody} reads it back from. */
    Map<String, Object> body() {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("model", model);
        body.put("training_file", trainingFile.value());
        if (validationFile != null) {
            body.put("validation_file", validationFile.value());
        }
        body.put("method", method.body());
        body.put("seed", seed);
        if (labels.suffix() != null) {
            body.put("suffix", labels.suffix());
        }
        if (!labels.metadata().isEmpty()) {
            body.put("metadata", labels.metadata());
        }
        return body;
    }
}
