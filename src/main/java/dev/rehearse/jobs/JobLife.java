package dev.rehearse.jobs;

import dev.rehearse.jobs.Job.Ending;
import dev.rehearse.jobs.JobState.Move;
import dev.rehearse.web.ApiException;
import dev.rehearse.webhooks.EventType;
import dev.rehearse.webhooks.Webhooks;
import java.time.Clock;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** The moves of jobs, each with the event and the webhooks that tell of it, all or none. Thread-safe. */
@Component
final class JobLife {
    private static final Logger log = LoggerFactory.getLogger(JobLife.class);

    private final JobStore store;
    private final JobEvents events;
    private final Webhooks webhooks;
    private final TransactionTemplate transaction;
    private final Clock clock;

    JobLife(JobStore store, JobEvents events, Webhooks webhooks, TransactionTemplate transaction, Clock clock) {
        this.store = store;
        this.events = events;
        this.webhooks = webhooks;
        this.transaction = transaction;
        this.clock = clock;
    }

    /** Its files can be learned from; false when it is not validating any more. */
    boolean accept(Job seen) {
        return move(seen, Move.ACCEPT, Ending.NONE, "Files validated, moving job to queued state");
    }

    /** The job as its new attempt, or empty when it is not queued any more. */
    Optional<Job> start(Job seen) {
        return move(seen, Move.START, Ending.NONE, "Fine-tuning job started")
                ? store.find(seen.id())
                : Optional.empty();
    }

    boolean putBack(Job seen, String why) {
        return move(seen, Move.PUT_BACK, Ending.NONE, why);
    }

    boolean succeed(Job seen, String model, long trainedTokens) {
        Ending ending = new Ending(clock.instant(), null, model, trainedTokens);
        return move(seen, Move.SUCCEED, ending, "The job has successfully completed; new model: " + model);
    }

    boolean fail(Job seen, JobError error) {
        return move(seen, Move.FAIL, Ending.failed(clock.instant(), error), "The job failed: " + error.message());
    }

    /**
     * Ends the job, whatever it is doing.
     *
     * @throws ApiException 404 when there is no such job, 400 when it has ended
     */
    Job cancel(JobId id) {
        while (true) {
            Job seen = store.require(id);
            if (seen.state().isFinal()) {
                throw ApiException.invalid(
                        "invalid_job_state",
                        null,
                        "Job " + id + " is " + seen.state().wireName()
                                + "; only a job that has not ended can be cancelled");
            }
            if (move(seen, Move.CANCEL, Ending.cancelled(clock.instant()), "The job was cancelled")) {
                return store.require(id);
            }
        }
    }

    private boolean move(Job seen, Move move, Ending ending, String message) {
        boolean moved = Boolean.TRUE.equals(transaction.execute(status -> {
            boolean won = store.move(seen, move, ending);
            if (won) {
                events.message(seen.id(), level(move), message);
                announce(seen.id(), move);
            }
            return won;
        }));
        if (moved) {
            log.info("job {}: {} after {}", seen.id(), message, seen.state());
        }
        return moved;
    }

    private void announce(JobId job, Move move) {
        switch (move) {
            case SUCCEED -> webhooks.announce(EventType.JOB_SUCCEEDED, job.value());
            case FAIL -> webhooks.announce(EventType.JOB_FAILED, job.value());
            case CANCEL -> webhooks.announce(EventType.JOB_CANCELLED, job.value());
            case ACCEPT, START, PUT_BACK -> {}
        }
    }

    private static JobEvent.Level level(Move move) {
        return switch (move) {
            case ACCEPT, START, SUCCEED, CANCEL -> JobEvent.Level.INFO;
            case PUT_BACK -> JobEvent.Level.WARN;
            case FAIL -> JobEvent.Level.ERROR;
        };
    }
}
