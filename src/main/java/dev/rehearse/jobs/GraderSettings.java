package dev.rehearse.jobs;

import dev.rehearse.grading.Grading;
import dev.rehearse.grading.RewardClient;
import dev.rehearse.outbound.AllowedHosts;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The settings of grading. Immutable.
 *
 * @param threads that grade, for all jobs of the process together
 * @param queued batches of replies that may wait for a thread; beyond them jobs grade on their own
 * @param errorsAfter grades after which the share of errors is looked at
 * @param mostErrors share of those that may be the grader's errors; more fails the job
 * @param modelTimeout longest wait for the answer of a grading model, its loading and its queue included
 */
@ConfigurationProperties("rehearse.graders")
record GraderSettings(
        @DefaultValue("4") int threads,
        @DefaultValue("1024") int queued,
        @DefaultValue("20") int errorsAfter,
        @DefaultValue("0.5") double mostErrors,
        @DefaultValue("60s") Duration modelTimeout,
        @DefaultValue Http http) {

    /**
     * Of {@code http} graders.
     *
     * @param allowed servers that may be asked, each as host:port; none switches the grader off
     * @param timeout longest that one try may take; a grader may set less
     * @param maxResponse longest answer that is read
     * @param attempts tries of one request
     * @param backoff pause before the second try; it doubles
     */
    record Http(
            @DefaultValue List<String> allowed,
            @DefaultValue("10s") Duration timeout,
            @DefaultValue("1MB") DataSize maxResponse,
            @DefaultValue("3") int attempts,
            @DefaultValue("250ms") Duration backoff) {
        Http {
            boolean positive = timeout.toMillis() > 0 && maxResponse.toBytes() > 0 && attempts > 0;
            if (!positive || maxResponse.toBytes() > Integer.MAX_VALUE || backoff.isNegative()) {
                throw new IllegalArgumentException("rehearse.graders.http: timeout " + timeout + ", max-response "
                        + maxResponse + ", attempts " + attempts + ", backoff " + backoff
                        + "; allowed: above 0, above 0 and below 2 GB, at least 1, at least 0");
            }
        }

        AllowedHosts hosts() {
            return new AllowedHosts(allowed);
        }

        RewardClient.Limits limits() {
            return new RewardClient.Limits(hosts(), timeout, (int) maxResponse.toBytes(), attempts, backoff);
        }
    }

    Grading.Limits limits() {
        return new Grading.Limits(threads, queued, errorsAfter, mostErrors);
    }
}
