package dev.rehearse.jobs;

import dev.rehearse.files.FileId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
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

    /** The canonical body: what {@link JobRequestReader} reads it back from. */
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
