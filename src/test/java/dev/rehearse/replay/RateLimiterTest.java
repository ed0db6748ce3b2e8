package dev.rehearse.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RateLimiterTest {
    private final AtomicLong clock = new AtomicLong();

    private RateLimiter limiter(double replayRatio, long learningStarts) {
        return new RateLimiter(new ReplaySettings.Pace(replayRatio, learningStarts), clock::get);
    }

    private static void add(RateLimiter limiter, int count, Source source) {
        for (int i = 0; i < count; i++) {
            limiter.added(source);
        }
    }

    @Test
    void learnsExactlyTheRatioOfWhatIsNew() {
        RateLimiter limiter = limiter(2, 0);
        int learned = 0;
        for (int added = 1; added <= 100; added++) {
            limiter.added(Source.ONLINE);
            while (limiter.mayLearn(8)) {
                limiter.learned(8);
                learned += 8;
            }
            assertThat(learned).isEqualTo(added * 2 / 8 * 8);
        }
    }

    @Test
    void startsWithoutABurst() {
        RateLimiter limiter = limiter(1, 100);
        add(limiter, 100, Source.ONLINE);
        assertThat(limiter.mayLearn(1)).isFalse();
        add(limiter, 4, Source.ONLINE);
        assertThat(limiter.mayLearn(4)).isTrue();
        assertThat(limiter.mayLearn(5)).isFalse();
    }

    @Test
    void whatIsShownCountsForTheStartButEarnsNothing() {
        RateLimiter limiter = limiter(1, 100);
        add(limiter, 100, Source.DEMONSTRATION);
        add(limiter, 50, Source.LOGGED);
        assertThat(limiter.mayLearn(1)).isFalse();
        limiter.added(Source.ONLINE);
        assertThat(limiter.mayLearn(1)).isTrue();
    }

    @Test
    void anInfiniteRatioLearnsAtOnceFromWhatIsThere() {
        RateLimiter limiter = limiter(Double.POSITIVE_INFINITY, 2);
        add(limiter, 1, Source.LOGGED);
        assertThat(limiter.mayLearn(64)).isFalse();
        add(limiter, 1, Source.LOGGED);
        assertThat(limiter.mayLearn(64)).isTrue();
    }

    @Test
    void isBlockedFromTheFirstRefusalToThePermission() {
        RateLimiter limiter = limiter(1, 0);
        clock.set(100);
        assertThat(limiter.mayLearn(1)).isFalse();
        clock.set(130);
        assertThat(limiter.mayLearn(1)).isFalse();
        limiter.added(Source.ONLINE);
        clock.set(150);
        assertThat(limiter.mayLearn(1)).isTrue();
        clock.set(1000);
        assertThat(limiter.mayLearn(1)).isTrue();
        assertThat(limiter.counters()).isEqualTo(new RateLimiter.Counters(1, 1, 0, 2, 50));
    }

    @Test
    void refusesSettingsThatMeanNothing() {
        assertThatThrownBy(() -> limiter(0, 0)).hasMessage("replayRatio is 0.0, must be above 0");
        assertThatThrownBy(() -> limiter(Double.NaN, 0)).hasMessageContaining("replayRatio is NaN");
        assertThatThrownBy(() -> limiter(1, -1)).hasMessage("learningStarts is -1, must be at least 0");
        assertThatThrownBy(() -> limiter(1, 0).mayLearn(0)).hasMessage("batch is 0, must be at least 1");
    }
}
