package dev.rehearse.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.web.ApiException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AllowanceTest {
    private final AtomicLong now = new AtomicLong(-7);

    @Test
    void asManyAsAMinuteAllowsMayComeAtOnceAndThenAsManyAsItRefills() {
        Allowance allowance = allowance(3, null);
        for (int left = 2; left >= 0; left--) {
            allowance.take().run();
            assertThat(allowance.rate().remaining()).isEqualTo(left);
        }
        refuses(allowance, Duration.ofSeconds(20));
        pass(Duration.ofSeconds(19));
        refuses(allowance, Duration.ofSeconds(1));
        pass(Duration.ofSeconds(1));
        allowance.take().run();
        refuses(allowance, Duration.ofSeconds(20));
    }

    @Test
    void anIdleKeyHasItsWholeLimitAgainAndNoMore() {
        Allowance allowance = allowance(4, null);
        allowance.take().run();
        assertThat(allowance.rate()).isEqualTo(new Allowance.Rate(4, 3, Duration.ofSeconds(15)));
        pass(Duration.ofHours(1));
        assertThat(allowance.rate()).isEqualTo(new Allowance.Rate(4, 4, Duration.ZERO));
    }

    @Test
    void onlySoManyAreAnsweredAtOnce() {
        Allowance allowance = allowance(null, 2);
        Runnable first = allowance.take();
        allowance.take();
        refuses(allowance, Duration.ofSeconds(1));
        first.run();
        first.run(); // counts once
        allowance.take();
        refuses(allowance, Duration.ofSeconds(1));
    }

    @Test
    void whatIsRefusedTakesNothing() {
        Allowance allowance = allowance(2, 1);
        Runnable running = allowance.take();
        refuses(allowance, Duration.ofSeconds(1));
        running.run();
        assertThat(allowance.rate().remaining()).isEqualTo(1);
        allowance.take();
    }

    @Test
    void aKeyWithoutLimitsIsNeverRefused() {
        Allowance allowance = allowance(null, null);
        for (int i = 0; i < 10_000; i++) {
            allowance.take();
        }
        assertThat(allowance.rate()).isNull();
    }

    private Allowance allowance(Integer perMinute, Integer atOnce) {
        return new Allowance(new ApiKey.Limits(perMinute, atOnce), now::get);
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    private static void refuses(Allowance allowance, Duration retryAfter) {
        assertThatThrownBy(allowance::take).isInstanceOfSatisfying(ApiException.class, e -> {
            assertThat(e.status().value()).isEqualTo(429);
            assertThat(e.retryAfter()).isEqualTo(retryAfter);
        });
    }
}
