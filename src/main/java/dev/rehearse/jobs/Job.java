package dev.rehearse.jobs;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A job as it was when it was read. Immutable. */
record Job(JobId id, JobState state, JobRequest request, Instant createdAt, Run run, Ending ending) {

    /** A job that was just asked for. */
    static Job fresh(JobRequest request, Instant now) {
        Run none = new Run(0, 0, 0, null, Map.of());
        return new Job(JobId.fresh(), JobState.VALIDATING_FILES, request, now, none, Ending.NONE);
    }

    /**
     * Its current or last execution.
     *
     * @param attempt how often it was started; what an earlier attempt still writes is dropped
     * @param totalSteps 0 until it is known
     * @param hyperparameters what "auto" became; empty until it is known
     */
    record Run(
            int attempt,
            int step,
            int totalSteps,
            @Nullable Instant estimatedFinish,
            Map<String, Object> hyperparameters) {}

    /** How it ended; all null before. */
    record Ending(
            @Nullable Instant finishedAt,
            @Nullable JobError error,
            @Nullable String model,
            @Nullable Long trainedTokens) {
        static final Ending NONE = new Ending(null, null, null, null);

        static Ending failed(Instant at, JobError error) {
            return new Ending(at, error, null, null);
        }

        static Ending cancelled(Instant at) {
            return new Ending(at, null, null, null);
        }
    }
}
