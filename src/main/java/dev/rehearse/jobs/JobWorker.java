package dev.rehearse.jobs;

import dev.rehearse.grading.TooManyGraderErrors;
import dev.rehearse.training.Checkpoint;
import dev.rehearse.training.InvalidExampleException;
import dev.rehearse.training.InvalidSettingException;
import dev.rehearse.training.RunControl.Wish;
import dev.rehearse.training.RunResult;
import dev.rehearse.training.RunSpec;
import dev.rehearse.training.StoppedException;
import dev.rehearse.web.ApiException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.RecoverableDataAccessException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/** Takes a job from wherever it is to its end. Several threads may work, on different jobs. */
@Component
final class JobWorker {
    private static final Logger log = LoggerFactory.getLogger(JobWorker.class);

    private final JobStore store;
    private final JobLife life;
    private final Records records;
    private final JobData data;
    private final JobModels models;
    private final RunFolder folder;
    private final Training training;
    private final Clock clock;
    private final JobSettings settings;
    private final Set<RunReports> runs = ConcurrentHashMap.newKeySet();
    private volatile boolean draining;

    JobWorker(Parts parts, Records records, JobData data, JobModels models, RunFolder folder, Training training) {
        this.store = parts.store();
        this.life = parts.life();
        this.clock = parts.clock();
        this.settings = parts.settings();
        this.records = records;
        this.data = data;
        this.models = models;
        this.folder = folder;
        this.training = training;
    }

    /** What of the database a worker writes to, and when. */
    @Component
    record Parts(JobStore store, JobLife life, JobEvents events, JobSettings settings, Clock clock) {}

    /** What is kept of runs. */
    @Component
    record Records(RunJournal.Books books, ResultFiles results) {}

    /** How work on a job came out. */
    enum Outcome {
        ENDED,
        /** The process stops; the job waits for another. */
        PUT_BACK,
        PAUSED,
        /** Another process took this one for dead and runs the job. */
        TAKEN_OVER
    }

    /** Works until the job has ended, rests or is another's. */
    Outcome work(JobId id) {
        try (MDC.MDCCloseable ignored = MDC.putCloseable("jobId", id.value())) {
            int ran = 0;
            while (true) {
                Job job = store.find(id).orElse(null);
                if (job == null) {
                    return Outcome.ENDED;
                }
                if (job.state().isFinal()) {
                    records.results().write(id);
                    cleanUp(id);
                    return Outcome.ENDED;
                }
                if (job.state() == JobState.PAUSED) {
                    return Outcome.PAUSED;
                }
                if (ran > 0 && job.run().attempt() > ran) {
                    return Outcome.TAKEN_OVER;
                }
                if (draining) {
                    return Outcome.PUT_BACK;
                }
                ran = Math.max(ran, advance(job));
            }
        }
    }

    /** Looks into the files of a job that waits, so that a bad row is known before its turn comes. */
    void validate(JobId id) {
        store.find(id).filter(job -> job.state() == JobState.VALIDATING_FILES).ifPresent(this::advance);
    }

    /** Asks something of the run of a job, if it runs here. */
    void ask(JobId id, Wish wish) {
        runs.stream().filter(run -> run.job().equals(id)).forEach(run -> run.ask(wish));
    }

    /** Takes work again after {@link #drain}. */
    void resume() {
        draining = false;
    }

    /** Asks all runs to save their state and stop; their jobs are put back. */
    void drain() {
        draining = true;
        runs.forEach(run -> run.ask(Wish.SUSPEND));
    }

    /** The attempt that ran, or 0. */
    private int advance(Job job) {
        switch (job.state()) {
            case VALIDATING_FILES -> validate(job);
            case QUEUED -> {
                Optional<Job> started = life.start(job);
                started.ifPresent(this::run);
                return started.map(attempt -> attempt.run().attempt()).orElse(0);
            }
            case RUNNING, PAUSING ->
                life.putBack(job, "The run of the job broke off; the job goes on where its state was saved last");
            case PAUSED, SUCCEEDED, FAILED, CANCELLED -> {}
        }
        return 0;
    }

    private void validate(Job job) {
        try {
            data.check(job.request());
            life.accept(job);
        } catch (InvalidJobDataException e) {
            life.fail(job, e.error());
        } catch (UncheckedIOException e) { // a file that is gone or not ours to read
            life.fail(job, error(job, e));
        }
    }

    private void run(Job job) {
        SavePace pace = new SavePace(settings.saveInterval(), settings.saveShare(), clock);
        RunReports control = new RunReports(job, records.books(), models, pace, clock);
        runs.add(control);
        try {
            if (draining) {
                control.ask(Wish.SUSPEND); // drain() may have come before the run was known
            }
            train(job, control);
        } catch (Throwable e) { // the one place: whatever a run dies of is the job's end, not the worker's
            settle(job, control, e);
        } finally {
            runs.remove(control);
            control.close();
        }
    }

    private void train(Job job, RunReports control) {
        JobRequest request = job.request();
        RunSpec spec = new RunSpec(
                models.startingPoint(request.model()),
                data.read(request),
                request.resolve(),
                request.seed(),
                folder.start(job.id(), job.run().attempt()));
        control.stopIfRequested();
        RunResult result = training.run(spec, control);
        control.finish();
        Checkpoint best = result.best().get(0);
        String model = models.publishFinal(job, best);
        models.keepOnly(job, result.best());
        records.results().write(job.id());
        if (!life.succeed(job, model, result.trainedTokens())) {
            models.withdraw(model);
        }
    }

    private void settle(Job job, RunReports control, Throwable e) {
        boolean interrupted = Thread.interrupted(); // or the next look into the database would be disturbed
        if (e instanceof RuntimeException broken && isTheDatabase(broken)) {
            throw broken; // the job is as it was: it is put back when the database answers again
        }
        boolean stopped = e instanceof StoppedException || interrupted;
        JobState state = store.state(job.id(), job.run().attempt()).orElse(null);
        if (stopped && (draining || state == JobState.PAUSING)) {
            control.finish();
            life.putBack(job, "The service is stopping; the job goes on when it is back");
        } else if (stopped && state != JobState.RUNNING) {
            log.info("job {} was stopped", job.id());
        } else {
            control.finish();
            records.results().write(job.id());
            life.fail(job, error(job, e));
        }
    }

    private static boolean isTheDatabase(RuntimeException e) {
        return e instanceof DataAccessResourceFailureException
                || e instanceof TransientDataAccessException
                || e instanceof RecoverableDataAccessException
                || e instanceof TransactionException;
    }

    private JobError error(Job job, Throwable e) {
        String message = Objects.requireNonNullElse(e.getMessage(), e.toString());
        if (e instanceof InvalidJobDataException data) {
            return data.error();
        } else if (e instanceof InvalidExampleException row) {
            return JobData.invalid(job.request(), row).error();
        } else if (e instanceof InvalidSettingException setting) {
            String kind = job.request().method().kind().wireName();
            return new JobError("invalid_value", message, "method." + kind + '.' + setting.name());
        } else if (e instanceof ApiException api) {
            return new JobError(Objects.requireNonNullElse(api.code(), "invalid_value"), message, api.param());
        }
        if (e instanceof TooManyGraderErrors) {
            return new JobError("grader_error", message, "method.reinforcement.grader");
        }
        if (e instanceof IllegalArgumentException) {
            return new JobError("invalid_value", message, null);
        }
        log.error("the job failed", e);
        return new JobError("server_error", "The training broke: " + message, null);
    }

    private void cleanUp(JobId job) {
        try {
            folder.clear(job);
        } catch (IOException e) {
            log.warn("what the run left in its directory stays there", e);
        }
    }
}
