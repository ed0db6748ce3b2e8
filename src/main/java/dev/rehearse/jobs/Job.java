package dev.rehearse.jobs;

import dev.rehearse.files.FileId;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A job as it was when it was read. Immutable. */
record Job(JobId id, JobState state, JobRequest request, Instant createdAt, Run run, Ending ending) {

    /** A job that was just asked for. */
    static Job fresh(JobRequest request, Instant now) {
        Run none = new Run(0, 0, 0, 0, null, Map.of(), Usage.NONE);
        return new Job(JobId.fresh(), JobState.VALIDATING_FILES, request, now, none, Ending.NONE);
    }

    /**
     * Its current or last execution.
     *
     * @param attempt how often it was started; what an earlier attempt still writes is dropped
     * @param totalSteps 0 until it is known
     * @param epoch passes over its data
     * @param hyperparameters what "auto" became; empty until it is known
     */
    record Run(
            int attempt,
            int step,
            int totalSteps,
            double epoch,
            @Nullable Instant estimatedFinish,
            Map<String, Object> hyperparameters,
            Usage usage) {}

    /**
     * How it ended; all null before.
     *
     * @param results the file with its numbers; a cancelled job gets it a moment after its end
     */
    record Ending(
            @Nullable Instant finishedAt,
            @Nullable JobError error,
            @Nullable String model,
            @Nullable Long trainedTokens,
            @Nullable FileId results) {
        static final Ending NONE = new Ending(null, null, null, null, null);

        static Ending succeeded(Instant at, String model, long trainedTokens) {
            return new Ending(at, null, model, trainedTokens, null);
        }

        static Ending failed(Instant at, JobError error) {
            return new Ending(at, error, null, null, null);
        }

        static Ending cancelled(Instant at) {
            return new Ending(at, null, null, null, null);
        }
    }
}
