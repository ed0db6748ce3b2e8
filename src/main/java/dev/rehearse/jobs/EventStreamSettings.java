package dev.rehearse.jobs;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The settings of live events. Immutable.
 *
 * @param most streams that one process keeps open; one more gets 429
 * @param poll how often the database is asked for news, once for all streams
 * @param ping how long a stream is silent at most
 * @param patience how long a client may leave what was sent unread before it is cut off
 */
@ConfigurationProperties("rehearse.jobs.streams")
record EventStreamSettings(
        @DefaultValue("256") int most,
        @DefaultValue("500ms") Duration poll,
        @DefaultValue("15s") Duration ping,
        @DefaultValue("30s") Duration patience) {
    EventStreamSettings {
        if (most < 1 || poll.toMillis() < 1 || ping.toMillis() < 1 || patience.toMillis() < 1) {
            throw new IllegalArgumentException("rehearse.jobs.streams: most " + most + ", poll " + poll + ", ping "
                    + ping + ", patience " + patience + "; allowed: above 0");
        }
    }
}
