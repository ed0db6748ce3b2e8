package dev.rehearse.jobs;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerBuilder;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.exceptions.ExecutionException;
import com.github.kagkarlsson.scheduler.exceptions.TaskInstanceCurrentlyExecutingException;
import com.github.kagkarlsson.scheduler.exceptions.TaskInstanceNotFoundException;
import com.github.kagkarlsson.scheduler.task.CompletionHandler;
import com.github.kagkarlsson.scheduler.task.helper.CustomTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import dev.rehearse.training.RunControl.Wish;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.support.JdbcUtils;
import org.springframework.jdbc.support.MetaDataAccessException;
import org.springframework.stereotype.Component;

/**
 * The threads that run jobs, one process's share of a queue that lies in the database. A job whose process is gone is
 * taken over after {@link JobSettings#MISSED_HEARTBEATS} missed heartbeats. Thread-safe.
 */
@Component
final class JobPool implements SmartLifecycle {
    private static final Logger log = LoggerFactory.getLogger(JobPool.class);
    private static final int HEARTBEATS_AFTER_A_BROKEN_DATABASE = 5;
    /** A paused job keeps its place in the scheduler's table; whether it was resumed is looked up so often, whoever dies. */
    private static final Duration BETWEEN_LOOKS_AT_A_PAUSED_JOB = Duration.ofMinutes(1);

    private static final Duration BETWEEN_LOOKS_AT_A_PAUSING_JOB = Duration.ofMillis(20);

    private final JobWorker worker;
    private final JobStore store;
    private final JobLife life;
    private final Clock clock;
    private final JobSettings settings;
    private final DataSource database;
    private final CustomTask<Void> task;
    private final SchedulerClient client;
    private volatile @Nullable Threads threads;

    /** What runs between start and stop; the pool can be started again. */
    private record Threads(Scheduler workers, ExecutorService validation) {}

    JobPool(JobWorker worker, JobWorker.Parts parts, DataSource database) {
        this.worker = worker;
        this.store = parts.store();
        this.life = parts.life();
        this.settings = parts.settings();
        this.clock = parts.clock();
        this.database = new TransactionAwareDataSourceProxy(database);
        Duration afterABrokenDatabase = settings.heartbeat().multipliedBy(HEARTBEATS_AFTER_A_BROKEN_DATABASE);
        this.task = Tasks.custom("fine-tuning-job", Void.class)
                .onDeadExecution((dead, operations) ->
                        operations.reschedule(dead, dead.getExecution().getExecutionTime()))
                .onFailure((failed, operations) ->
                        operations.reschedule(failed, clock.instant().plus(afterABrokenDatabase)))
                .execute((instance, context) -> work(new JobId(instance.getId())));
        this.client = SchedulerClient.Builder.create(this.database, task).build();
    }

    /** Puts the job into the queue, in the transaction of the caller; jobs run in the order in which they were created. */
    void schedule(Job job) {
        client.schedule(task.instance(job.id().value()), job.createdAt());
    }

    /**
     * The job was paused and no longer is: a worker looks at it when its turn has come. Whoever has it in hand, or moves it at
     * the same moment, looks afterwards at what has become of it.
     */
    void takeBack(Job job) {
        try {
            client.reschedule(task.instance(job.id().value()), job.createdAt());
        } catch (TaskInstanceCurrentlyExecutingException | TaskInstanceNotFoundException | ExecutionException e) {
            log.debug("a worker has job {} in its hands and sees for itself", job.id());
        }
        trigger();
    }

    /** The job is in the database for all to see: its files can be looked into, and a free worker can take it. */
    void wake(JobId id) {
        Threads started = threads;
        if (started != null) {
            try {
                started.validation().execute(() -> validate(id));
            } catch (RejectedExecutionException e) {
                log.info("job {} is validated when the service is back", id);
            }
        }
        trigger();
    }

    private void trigger() {
        Threads started = threads;
        if (started != null) {
            started.workers().triggerCheckForDueExecutions();
        }
    }

    /** The job was cancelled. */
    void stop(Job job) {
        worker.ask(job.id(), Wish.STOP);
        takeBack(job);
    }

    /**
     * Puts a job to rest, and waits for its state to be saved, but not for ever: it may run in another process, or on a
     * slow disk.
     *
     * @return the job as it is then
     */
    Job pause(JobId id) {
        Job job = life.pause(id);
        worker.ask(id, Wish.PAUSE);
        Instant deadline = clock.instant().plus(settings.pauseWait());
        while (job.state() == JobState.PAUSING && clock.instant().isBefore(deadline)) {
            try {
                Thread.sleep(BETWEEN_LOOKS_AT_A_PAUSING_JOB.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return job;
            }
            job = store.require(id);
        }
        return job;
    }

    @Override
    public void start() {
        worker.resume();
        Threads started = new Threads(scheduler(), Executors.newSingleThreadExecutor(JobPool::daemon));
        started.workers().start();
        threads = started;
    }

    @Override
    public void stop() {
        Threads started = threads;
        threads = null;
        worker.drain();
        if (started != null) {
            started.validation().shutdownNow();
            started.workers().stop();
        }
    }

    @Override
    public boolean isRunning() {
        return threads != null;
    }

    private CompletionHandler<Void> work(JobId id) {
        return switch (worker.work(id)) {
            case ENDED -> (done, operations) -> operations.remove();
            case PUT_BACK ->
                (done, operations) ->
                        operations.reschedule(done, store.require(id).createdAt());
            case PAUSED ->
                (done, operations) -> {
                    operations.reschedule(done, clock.instant().plus(BETWEEN_LOOKS_AT_A_PAUSED_JOB));
                    // Who resumed it meanwhile could not reschedule what was still being executed.
                    store.find(id).filter(job -> job.state() != JobState.PAUSED).ifPresent(this::takeBack);
                };
            case TAKEN_OVER -> (done, operations) -> {};
        };
    }

    private void validate(JobId id) {
        try {
            worker.validate(id);
        } catch (RuntimeException e) {
            log.warn("job {} is validated when its turn comes", id, e);
        }
    }

    private static Thread daemon(Runnable body) {
        Thread thread = new Thread(body, "job-validation");
        thread.setDaemon(true);
        return thread;
    }

    private Scheduler scheduler() {
        SchedulerBuilder builder = Scheduler.create(database, task)
                .threads(settings.concurrency())
                .pollingInterval(settings.poll())
                .heartbeatInterval(settings.heartbeat())
                .missedHeartbeatsLimit(JobSettings.MISSED_HEARTBEATS)
                .shutdownMaxWait(settings.shutdownWait());
        return (isPostgres() ? builder.pollUsingLockAndFetch(0.5, 1.0) : builder.pollUsingFetch(0.5, 3.0)).build();
    }

    private boolean isPostgres() {
        try {
            return JdbcUtils.extractDatabaseMetaData(
                    database, metadata -> metadata.getDatabaseProductName().equals("PostgreSQL"));
        } catch (MetaDataAccessException e) {
            throw new IllegalStateException("the database does not say what it is", e);
        }
    }
}
