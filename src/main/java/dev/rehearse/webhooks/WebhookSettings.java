package dev.rehearse.webhooks;

import dev.rehearse.outbound.AllowedHosts;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How events are delivered. Immutable.
 *
 * @param allowed servers that may be told, each as host:port; none switches webhooks off
 * @param timeout longest that one try may take
 * @param attempts tries of one delivery
 * @param backoff pause before the second try; each later one is four times as long, up to {@link #LONGEST_PAUSE}
 */
@ConfigurationProperties("rehearse.webhooks")
record WebhookSettings(
        @DefaultValue List<String> allowed,
        @DefaultValue("10s") Duration timeout,
        @DefaultValue("8") int attempts,
        @DefaultValue("5s") Duration backoff) {
    static final Duration LONGEST_PAUSE = Duration.ofHours(6);
    private static final int GROWTH = 4;

    WebhookSettings {
        if (timeout.toMillis() < 1 || attempts < 1 || backoff.isNegative()) {
            throw new IllegalArgumentException("rehearse.webhooks: timeout " + timeout + ", attempts " + attempts
                    + ", backoff " + backoff + "; allowed: above 0, at least 1, at least 0");
        }
    }

    AllowedHosts hosts() {
        return new AllowedHosts(allowed);
    }

    boolean areOn() {
        return !allowed.isEmpty();
    }

    /** Between the try of this number, counted from 1, and the next. */
    Duration pauseAfter(int tries) {
        Duration pause = backoff;
        for (int i = 1; i < tries && pause.compareTo(LONGEST_PAUSE) < 0; i++) {
            pause = pause.multipliedBy(GROWTH);
        }
        return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
    }
}
