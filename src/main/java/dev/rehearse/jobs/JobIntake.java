package dev.rehearse.jobs;

import dev.rehearse.web.ApiException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
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
    private final JobChecks checks;
    private final JobSettings settings;
    private final TransactionTemplate transaction;
    private final Clock clock;

    JobIntake(
            JobWorker.Parts parts,
            JobPool pool,
            JobChecks checks,
            JobSettings settings,
            TransactionTemplate transaction) {
        this.store = parts.store();
        this.events = parts.events();
        this.life = parts.life();
        this.clock = parts.clock();
        this.pool = pool;
        this.checks = checks;
        this.settings = settings;
        this.transaction = transaction;
    }

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
        checks.check(request);
        checkRoom();
        store.insert(job, key);
        events.message(id, JobEvent.Level.INFO, "Created fine-tuning job: " + id);
        events.message(id, JobEvent.Level.INFO, "Validating training file: " + request.trainingFile());
        if (request.method().hyperparameters().containsKey("reasoning_effort")) {
            events.message(id, JobEvent.Level.WARN, "reasoning_effort changes nothing: models here do not reason");
        }
        pool.schedule(job);
    }

    private void checkRoom() {
        int waiting = store.waiting().size();
        int most = settings.maxQueued();
        if (waiting >= most) {
            throw ApiException.busy(
                    "job_limit_exceeded",
                    waiting + " jobs are waiting. Allowed: " + most + ". Try again when one has started.",
                    settings.retryAfter());
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
