package dev.rehearse.jobs;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * When a run's state is to be saved: at an interval, and so seldom that saving takes a small share of the time, however
 * large the networks are. Confined to the run's thread.
 */
final class SavePace {
    private final Duration interval;
    private final double share;
    private final Clock clock;
    private Instant next;
    private @Nullable Instant asked;

    /** @param share most of the time that saving may take, above 0 */
    SavePace(Duration interval, double share, Clock clock) {
        this.interval = interval;
        this.share = share;
        this.clock = clock;
        next = clock.instant().plus(interval);
    }

    /** Whether it is time; the first yes is taken for the moment at which saving begins. */
    boolean isDue() {
        Instant now = clock.instant();
        if (now.isBefore(next)) {
            return false;
        }
        if (asked == null) {
            asked = now;
        }
        return true;
    }

    /** A save has ended, well or not. */
    void ended() {
        Instant now = clock.instant();
        Duration took = asked == null ? Duration.ZERO : Duration.between(asked, now);
        asked = null;
        Duration pause = Duration.ofNanos((long) (took.toNanos() / share));
        next = now.plus(pause.compareTo(interval) > 0 ? pause : interval);
    }
}
