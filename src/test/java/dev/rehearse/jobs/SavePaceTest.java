package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.SettableClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SavePaceTest {
    private final SettableClock clock = new SettableClock(JobDatabase.NOW);
    private final SavePace pace = new SavePace(Duration.ofMinutes(1), 0.1, clock);

    private void assertDueAfter(int seconds) {
        clock.advance(Duration.ofSeconds(seconds - 1));
        assertThat(pace.isDue()).isFalse();
        clock.advance(Duration.ofSeconds(1));
        assertThat(pace.isDue()).isTrue();
    }

    @Test
    void theFirstSaveComesAfterTheInterval() {
        assertDueAfter(60);
    }

    @Test
    void aSaveThatIsDueStaysDueUntilItHasEnded() {
        assertDueAfter(60);
        clock.advance(Duration.ofSeconds(3));
        assertThat(pace.isDue()).isTrue();
        pace.ended();
        assertDueAfter(60);
    }

    @Test
    void savesThatTakeLongComeSeldom() {
        assertDueAfter(60);
        clock.advance(Duration.ofSeconds(20));
        pace.ended();
        assertDueAfter(200);
    }

    @Test
    void aSaveThatNobodyWaitedForStartsTheIntervalAnew() {
        clock.advance(Duration.ofSeconds(50));
        pace.ended();
        assertDueAfter(60);
    }
}
