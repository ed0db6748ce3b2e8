package dev.rehearse.jobs;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerBuilder;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.task.CompletionHandler;
import com.github.kagkarlsson.scheduler.task.helper.CustomTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import java.time.Clock;
import java.time.Duration;
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
    private static final Duration AFTER_A_BROKEN_DATABASE = Duration.ofSeconds(10);

    private final JobWorker worker;
    private final Clock clock;
    private final JobSettings settings;
    private final DataSource database;
    private final CustomTask<Void> task;
    private final SchedulerClient client;
    private volatile @Nullable Threads threads;

    /** What runs between start and stop; the pool can be started again. */
    private record Threads(Scheduler workers, ExecutorService validation) {}

    JobPool(JobWorker worker, JobSettings settings, DataSource database, Clock clock) {
        this.worker = worker;
        this.settings = settings;
        this.database = new TransactionAwareDataSourceProxy(database);
        this.clock = clock;
        this.task = Tasks.custom("fine-tuning-job", Void.class)
                .onDeadExecutionRevive()
                .onFailure((failed, operations) ->
                        operations.reschedule(failed, clock.instant().plus(AFTER_A_BROKEN_DATABASE)))
                .execute((instance, context) -> work(new JobId(instance.getId())));
        this.client = SchedulerClient.Builder.create(this.database, task).build();
    }

    /** Puts the job into the queue, in the transaction of the caller. */
    void schedule(JobId id) {
        client.schedule(task.instance(id.value()), clock.instant());
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
            started.workers().triggerCheckForDueExecutions();
        }
    }

    void stop(JobId id) {
        worker.stop(id);
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
            case PUT_BACK -> (done, operations) -> operations.reschedule(done, clock.instant());
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
