package dev.rehearse.jobs;

import dev.rehearse.files.FileId;
import dev.rehearse.files.FileStore;
import dev.rehearse.files.Purpose;
import dev.rehearse.files.StoredFile;
import dev.rehearse.grading.Grader;
import dev.rehearse.models.Model;
import dev.rehearse.models.ModelCatalog;
import dev.rehearse.training.InvalidSettingException;
import dev.rehearse.training.Method;
import dev.rehearse.web.ApiException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** Takes jobs in: each is in the database, with its place in the queue, before anybody hears of it. Thread-safe. */
@Component
final class JobIntake {
    private static final Logger log = LoggerFactory.getLogger(JobIntake.class);
    private static final Duration RETRIES_COME_WITHIN = Duration.ofMinutes(10);

    private final JobStore store;
    private final JobEvents events;
    private final JobLife life;
    private final JobPool pool;
    private final Checks checks;
    private final TransactionTemplate transaction;
    private final Clock clock;

    JobIntake(JobWorker.Parts parts, JobPool pool, Checks checks, TransactionTemplate transaction) {
        this.store = parts.store();
        this.events = parts.events();
        this.life = parts.life();
        this.clock = parts.clock();
        this.pool = pool;
        this.checks = checks;
        this.transaction = transaction;
    }

    /** What a job's request is checked against. */
    @Component
    record Checks(
            ModelCatalog models, FileStore files, GraderChecks graders, JobSettings settings, FreeMemory memory) {}

    /**
     * The job as it was taken in, or the one that an earlier try of the same request made.
     *
     * @throws ApiException 404 for an unknown model, 400 for a file that cannot be used or a replay memory that
     *     does not fit, 429 when too many jobs wait
     */
    synchronized Job take(JobRequest request, RequestKey key) { // one at a time, or the bound is none
        Optional<Job> earlier = earlier(key);
        if (earlier.isPresent()) {
            log.info("job {} was asked for again", earlier.get().id());
            return earlier.get();
        }
        Job job = Job.fresh(request, clock.instant());
        try {
            transaction.executeWithoutResult(status -> insert(job, key));
        } catch (DuplicateKeyException e) { // the same request reached another process at the same moment
            return earlier(key).orElseThrow(() -> e);
        }
        log.info("job {}: taken in", job.id());
        pool.wake(job.id());
        return job;
    }

    /**
     * Takes a paused job up again.
     *
     * @throws ApiException 404 when there is no such job, 400 when it is not paused, 429 when too many jobs wait
     */
    synchronized Job resume(JobId id) {
        if (store.require(id).state() == JobState.PAUSED) {
            checkRoom();
        }
        Job queued = life.resume(id);
        pool.takeBack(queued);
        return queued;
    }

    private void insert(Job job, RequestKey key) {
        JobId id = job.id();
        JobRequest request = job.request();
        if (request.resolve() instanceof Method.Reinforcement method) {
            checkMemory(method);
            checkGrader(method);
        }
        checkModel(request);
        // Before the training file, which is the same where it was left out.
        lock("method.reinforcement.replay_file", request.method().replayFile());
        lock("training_file", request.trainingFile());
        lock("validation_file", request.validationFile());
        checkRoom();
        store.insert(job, key);
        events.message(id, JobEvent.Level.INFO, "Created fine-tuning job: " + id);
        events.message(id, JobEvent.Level.INFO, "Validating training file: " + request.trainingFile());
        if (request.method().hyperparameters().containsKey("reasoning_effort")) {
            events.message(id, JobEvent.Level.WARN, "reasoning_effort changes nothing: models here do not reason");
        }
        pool.schedule(job);
    }

    private void checkModel(JobRequest request) {
        Model model = checks.models().require(request.model());
        if (model.kind() == Model.Kind.BLUEPRINT && request.method().kind() == JobMethod.Kind.REINFORCEMENT) {
            throw ApiException.invalid(
                    "invalid_value",
                    "model",
                    "Invalid 'model': " + model.id() + " has learned nothing yet, so its replies are noise. Allowed for"
                            + " reinforcement: a model with weights, e.g. one that a supervised job made.");
        }
        try {
            request.resolve().check(JobModels.startingPoint(model));
        } catch (InvalidSettingException e) {
            throw JobRequestReader.refusal(request.method(), e);
        }
    }

    private void checkGrader(Method.Reinforcement method) {
        Grader grader = method.grader();
        if (grader != null) {
            checks.graders().check(grader, "method.reinforcement.grader");
        }
    }

    private void checkMemory(Method.Reinforcement method) {
        long bytes = method.settings().replayBytes();
        long free = checks.memory().now().toBytes();
        if (bytes > free) {
            String param = "method.reinforcement.dqn.replay_bytes";
            throw ApiException.invalid(
                    "invalid_value",
                    param,
                    "Invalid '" + param + "': the replay memory may take " + bytes + " bytes, but " + free
                            + " are free. Allowed: at most what is free.");
        }
    }

    private void lock(String param, @Nullable FileId id) {
        if (id == null) {
            return;
        }
        StoredFile file = checks.files()
                .lock(id)
                .orElseThrow(() -> ApiException.invalid(
                        "invalid_value", param, "Invalid '" + param + "': there is no file " + id + "."));
        if (file.purpose() != Purpose.FINE_TUNE) {
            throw ApiException.invalid(
                    "invalid_value",
                    param,
                    "Invalid '" + param + "': the purpose of " + id + " is '"
                            + file.purpose().wireName() + "'. Allowed: 'fine-tune'.");
        }
    }

    private void checkRoom() {
        int waiting = store.waiting().size();
        int most = checks.settings().maxQueued();
        if (waiting >= most) {
            throw ApiException.busy(
                    "job_limit_exceeded",
                    waiting + " jobs are waiting. Allowed: " + most + ". Try again when one has started.",
                    checks.settings().retryAfter());
        }
    }

    private Optional<Job> earlier(RequestKey key) {
        if (key.idempotencyKey() != null) {
            Optional<Job> same = store.byIdempotencyKey(key.idempotencyKey());
            same.filter(job -> !store.hash(job.id()).equals(key.hash())).ifPresent(job -> {
                throw ApiException.invalid(
                        "invalid_value",
                        "Idempotency-Key",
                        "The Idempotency-Key was used for job " + job.id() + " with another body.");
            });
            return same;
        }
        return switch (key.repeated()) {
            case YES -> store.byHash(key.hash(), clock.instant().minus(RETRIES_COME_WITHIN));
            case NO -> Optional.empty();
        };
    }
}
