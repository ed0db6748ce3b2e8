package dev.rehearse.jobs;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** A model that a job made on its way. Immutable. */
record JobCheckpoint(String id, JobId job, Instant createdAt, int step, String model, Map<String, ?> metrics) {
    /** The metric by which checkpoints are ranked; higher is better. */
    static final String SCORE = "selection_score";

    /** The checkpoint on the wire. */
    Map<String, Object> view() {
        Map<String, Object> named = new LinkedHashMap<>(metrics);
        named.putIfAbsent("step", step);
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("id", id);
        view.put("object", "fine_tuning.job.checkpoint");
        view.put("created_at", createdAt.getEpochSecond());
        view.put("fine_tuning_job_id", job.value());
        view.put("fine_tuned_model_checkpoint", model);
        view.put("step_number", step);
        view.put("metrics", named);
        return view;
    }
}
