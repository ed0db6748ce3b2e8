package dev.rehearse.jobs;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The settings of the pool that runs jobs. Immutable.
 *
 * @param concurrency how many jobs one process runs at once
 * @param maxQueued how many jobs may wait; one more gets 429
 * @param retryAfter what such a client is told to wait
 * @param poll how often a free worker looks for a job
 * @param heartbeat how often a process says that its job is alive; a job that missed four is run again elsewhere
 * @param shutdownWait how long a stopping process waits for its jobs to notice
 */
@ConfigurationProperties("rehearse.jobs")
record JobSettings(
        @DefaultValue("1") int concurrency,
        @DefaultValue("32") int maxQueued,
        @DefaultValue("60s") Duration retryAfter,
        @DefaultValue("500ms") Duration poll,
        @DefaultValue("2s") Duration heartbeat,
        @DefaultValue("20s") Duration shutdownWait) {
    static final int MISSED_HEARTBEATS = 4;

    JobSettings {
        if (concurrency < 1 || maxQueued < 1) {
            throw new IllegalArgumentException("rehearse.jobs.concurrency is " + concurrency
                    + " and rehearse.jobs.max-queued is " + maxQueued + "; allowed: at least 1");
        }
    }
}
