package dev.rehearse.jobs;

import dev.rehearse.files.FileId;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Jobs on the wire: every field that clients require is always there. Thread-safe. */
@Component
final class JobView {
    private static final List<String> OPENAI = List.of("batch_size", "learning_rate_multiplier", "n_epochs");

    private final JobStore store;
    private final JobCheckpoints checkpoints;
    private final Organization organization;
    private final Clock clock;

    JobView(JobStore store, JobCheckpoints checkpoints, Organization organization, Clock clock) {
        this.store = store;
        this.checkpoints = checkpoints;
        this.organization = organization;
        this.clock = clock;
    }

    Map<String, @Nullable Object> of(Job job) {
        JobRequest request = job.request();
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("id", job.id().value());
        view.put("object", "fine_tuning.job");
        view.put("created_at", job.createdAt().getEpochSecond());
        view.put("error", error(job.ending().error()));
        view.put("fine_tuned_model", job.ending().model());
        view.put("finished_at", seconds(job.ending().finishedAt()));
        view.put("hyperparameters", hyperparameters(job));
        view.put("model", request.model());
        view.put("organization_id", organization.organization());
        FileId results = job.ending().results();
        view.put("result_files", results == null ? List.of() : List.of(results.value()));
        view.put("seed", request.seed());
        view.put("status", job.state().wireName());
        view.put("trained_tokens", job.ending().trainedTokens());
        view.put("training_file", request.trainingFile().value());
        view.put(
                "validation_file",
                request.validationFile() == null
                        ? null
                        : request.validationFile().value());
        view.put("estimated_finish", seconds(job.run().estimatedFinish()));
        view.put("integrations", List.of());
        view.put(
                "metadata",
                request.labels().metadata().isEmpty() ? null : request.labels().metadata());
        view.put("method", method(job));
        view.put("user_provided_suffix", request.labels().suffix());
        view.put("progress", progress(job));
        view.put("best_checkpoint", checkpoints.best(job.id()).orElse(null));
        view.put("usage_metrics", job.run().usage().json());
        return view;
    }

    private static @Nullable Map<String, @Nullable Object> error(@Nullable JobError error) {
        if (error == null) {
            return null;
        }
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("code", error.code());
        view.put("message", error.message());
        view.put("param", error.param());
        return view;
    }

    /** OpenAI's three, as asked for or, once it is known, as they turned out. */
    private static Map<String, Object> hyperparameters(Job job) {
        Map<String, Object> view = new LinkedHashMap<>();
        for (String name : OPENAI) {
            Object asked = job.request().method().hyperparameters().getOrDefault(name, "auto");
            view.put(name, job.run().hyperparameters().getOrDefault(name, asked));
        }
        return view;
    }

    private static Map<String, Object> method(Job job) {
        JobMethod method = job.request().method();
        Map<String, Object> hyperparameters = new LinkedHashMap<>(method.hyperparameters());
        hyperparameters.putAll(hyperparameters(job));
        hyperparameters.putAll(job.run().hyperparameters());
        Map<String, Object> settings = new LinkedHashMap<>(method.settings());
        settings.put("hyperparameters", hyperparameters);
        return new JobMethod(method.kind(), settings).body();
    }

    private Map<String, @Nullable Object> progress(Job job) {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("step", job.run().step());
        view.put("total_steps", job.run().totalSteps() == 0 ? null : job.run().totalSteps());
        view.put("epoch", job.run().epoch());
        view.put("seconds_remaining", secondsRemaining(job.run().estimatedFinish()));
        view.put("queue_position", queuePosition(job));
        return view;
    }

    private @Nullable Long secondsRemaining(@Nullable Instant finish) {
        return finish == null
                ? null
                : Math.max(0, Duration.between(clock.instant(), finish).toSeconds());
    }

    /** 1 for the next; null for a job that does not wait. */
    private @Nullable Integer queuePosition(Job job) {
        return switch (job.state()) {
            case VALIDATING_FILES, QUEUED -> {
                int index = store.waiting().indexOf(job.id());
                yield index < 0 ? null : index + 1;
            }
            case RUNNING, PAUSING, PAUSED, SUCCEEDED, FAILED, CANCELLED -> null;
        };
    }

    private static @Nullable Long seconds(@Nullable Instant instant) {
        return instant == null ? null : instant.getEpochSecond();
    }
}
