package dev.rehearse.jobs;

import dev.rehearse.jobs.Job.Ending;
import dev.rehearse.jobs.JobState.Move;
import dev.rehearse.web.ApiException;
import dev.rehearse.webhooks.EventType;
import dev.rehearse.webhooks.Webhooks;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** The moves of jobs, each with the event and the webhooks that tell of it, all or none. Thread-safe. */
@Component
final class JobLife {
    private static final Logger log = LoggerFactory.getLogger(JobLife.class);

    private static final String PAUSED = "The job was paused";

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

    /**
     * The attempt is over before the job is: it waits, or rests where it was asked to pause.
     *
     * @param why it is over, where nobody asked
     */
    boolean putBack(Job attempt, String why) {
        return end(attempt, Move.PUT_BACK, Ending.NONE, state -> state == JobState.PAUSING ? PAUSED : why);
    }

    boolean succeed(Job attempt, String model, long trainedTokens) {
        Ending ending = Ending.succeeded(clock.instant(), model, trainedTokens);
        return end(attempt, Move.SUCCEED, ending, state -> "The job has successfully completed; new model: " + model);
    }

    boolean fail(Job attempt, JobError error) {
        Ending ending = Ending.failed(clock.instant(), error);
        return end(attempt, Move.FAIL, ending, state -> "The job failed: " + error.message());
    }

    /** What became of an attempt counts although somebody asked to pause meanwhile; the message is for where the job was. */
    private boolean end(Job attempt, Move move, Ending ending, Function<JobState, String> message) {
        Job seen = attempt;
        while (!move(seen, move, ending, message.apply(seen.state()))) {
            Optional<Job> now = store.find(seen.id());
            if (now.isEmpty()
                    || now.get().run().attempt() != seen.run().attempt()
                    || now.get().state().after(move) == null) {
                return false;
            }
            seen = now.get();
        }
        return true;
    }

    /**
     * Ends the job, whatever it is doing.
     *
     * @throws ApiException 404 when there is no such job, 400 when it has ended
     */
    Job cancel(JobId id) {
        return asked(
                id,
                Move.CANCEL,
                Ending.cancelled(clock.instant()),
                state -> "The job was cancelled",
                "only a job that has not ended can be cancelled");
    }

    /**
     * Puts the job to rest; one that runs goes on until its state is saved.
     *
     * @throws ApiException 404 when there is no such job, 400 when it is paused or has ended
     */
    Job pause(JobId id) {
        Job seen = store.require(id);
        return seen.state() == JobState.PAUSING
                ? seen
                : asked(
                        id,
                        Move.PAUSE,
                        Ending.NONE,
                        state -> state == JobState.RUNNING ? "Pausing: the state is being saved" : PAUSED,
                        "only a job that waits or runs can be paused");
    }

    /**
     * Puts a paused job into the queue again.
     *
     * @throws ApiException 404 when there is no such job, 400 when it is not paused
     */
    Job resume(JobId id) {
        return asked(
                id,
                Move.RESUME,
                Ending.NONE,
                state -> "The job was resumed, moving it to queued state",
                "only a paused job can be resumed");
    }

    private Job asked(JobId id, Move move, Ending ending, Function<JobState, String> message, String allowed) {
        while (true) {
            Job seen = store.require(id);
            if (seen.state().after(move) == null) {
                throw ApiException.invalid(
                        "invalid_job_state",
                        null,
                        "Job " + id + " is " + seen.state().wireName() + "; " + allowed);
            }
            if (move(seen, move, ending, message.apply(seen.state()))) {
                return store.require(id);
            }
        }
    }

    private boolean move(Job seen, Move move, Ending ending, String message) {
        boolean moved = Boolean.TRUE.equals(transaction.execute(status -> {
            boolean won = store.move(seen, move, ending);
            if (won) {
                events.message(seen.id(), level(seen.state(), move), message);
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
            case ACCEPT, START, PUT_BACK, PAUSE, RESUME -> {}
        }
    }

    private static JobEvent.Level level(JobState before, Move move) {
        return switch (move) {
            case ACCEPT, START, PAUSE, RESUME, SUCCEED, CANCEL -> JobEvent.Level.INFO;
            case PUT_BACK -> before == JobState.PAUSING ? JobEvent.Level.INFO : JobEvent.Level.WARN;
            case FAIL -> JobEvent.Level.ERROR;
        };
    }
}
