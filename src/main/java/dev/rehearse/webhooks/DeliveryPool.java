package dev.rehearse.webhooks;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.task.CompletionHandler;
import com.github.kagkarlsson.scheduler.task.helper.CustomTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import java.time.Clock;
import java.time.Duration;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.stereotype.Component;

/**
 * The threads that deliver, apart from those of jobs, which may be busy for hours. Their queue is a table of its own,
 * because db-scheduler forgets tasks of a kind that it does not know. Thread-safe.
 */
@Component
final class DeliveryPool implements SmartLifecycle {
    private static final String TABLE = "webhook_tasks";
    private static final int THREADS = 2;
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration HEARTBEAT = Duration.ofSeconds(2);
    private static final int MISSED_HEARTBEATS = 4;
    private static final Duration AFTER_A_FAILURE = Duration.ofSeconds(10);

    private final Courier courier;
    private final WebhookSettings settings;
    private final DataSource database;
    private final Clock clock;
    private final CustomTask<Void> task;
    private final SchedulerClient client;
    private volatile @Nullable Scheduler running;

    DeliveryPool(Courier courier, WebhookSettings settings, DataSource database, Clock clock) {
        this.courier = courier;
        this.settings = settings;
        this.database = new TransactionAwareDataSourceProxy(database);
        this.clock = clock;
        this.task = Tasks.custom("webhook-delivery", Void.class)
                .onDeadExecutionRevive()
                .onFailure((failed, operations) ->
                        operations.reschedule(failed, clock.instant().plus(AFTER_A_FAILURE)))
                .execute((instance, context) -> deliver(new DeliveryId(instance.getId())));
        this.client = SchedulerClient.Builder.create(this.database, task)
                .tableName(TABLE)
                .build();
    }

    /** Puts the delivery into the queue, in the transaction of the caller. */
    void schedule(DeliveryId id) {
        client.schedule(task.instance(id.value()), clock.instant());
    }

    private CompletionHandler<Void> deliver(DeliveryId id) {
        return courier.attempt(id)
                .<CompletionHandler<Void>>map(next -> (done, operations) -> operations.reschedule(done, next))
                .orElse((done, operations) -> operations.remove());
    }

    @Override
    public boolean isAutoStartup() {
        return settings.areOn();
    }

    @Override
    public void start() {
        Scheduler fresh = Scheduler.create(database, task)
                .tableName(TABLE)
                .threads(THREADS)
                .pollingInterval(POLL)
                .heartbeatInterval(HEARTBEAT)
                .missedHeartbeatsLimit(MISSED_HEARTBEATS)
                .shutdownMaxWait(settings.timeout())
                .build();
        fresh.start();
        running = fresh;
    }

    @Override
    public void stop() {
        Scheduler stopped = running;
        running = null;
        if (stopped != null) {
            stopped.stop();
        }
    }

    @Override
    public boolean isRunning() {
        return running != null;
    }
}
