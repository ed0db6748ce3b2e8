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
 * @param shutdownWait how long a stopping process waits for its jobs to save their state
 * @param pauseWait how long the answer to a pause waits for the job's state to be saved
 * @param saveInterval least time between two saves of a running job's state
 * @param saveShare most of a job's time that such saves may take, above 0
 */
@ConfigurationProperties("rehearse.jobs")
record JobSettings(
        @DefaultValue("1") int concurrency,
        @DefaultValue("32") int maxQueued,
        @DefaultValue("60s") Duration retryAfter,
        @DefaultValue("500ms") Duration poll,
        @DefaultValue("2s") Duration heartbeat,
        @DefaultValue("20s") Duration shutdownWait,
        @DefaultValue("30s") Duration pauseWait,
        @DefaultValue("30s") Duration saveInterval,
        @DefaultValue("0.02") double saveShare) {
    static final int MISSED_HEARTBEATS = 4;

    JobSettings {
        if (concurrency < 1 || maxQueued < 1) {
            throw new IllegalArgumentException("rehearse.jobs.concurrency is " + concurrency
                    + " and rehearse.jobs.max-queued is " + maxQueued + "; allowed: at least 1");
        }
        if (!(saveShare > 0 && saveShare <= 1)) {
            throw new IllegalArgumentException(
                    "rehearse.jobs.save-share is " + saveShare + "; allowed: above 0, at most 1");
        }
    }
}
