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
    private final JobSettings settings;
    private final Clock clock;
    private Instant next;
    private @Nullable Instant asked;

    SavePace(JobSettings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
        next = clock.instant().plus(settings.saveInterval());
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
        Duration pause = Duration.ofNanos((long) (took.toNanos() / settings.saveShare()));
        next = now.plus(pause.compareTo(settings.saveInterval()) > 0 ? pause : settings.saveInterval());
    }
}
