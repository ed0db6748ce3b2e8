package dev.rehearse.keys;

import dev.rehearse.web.ApiException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is left of a key's limits in this process: a bucket of requests that a minute refills, and a count of those being
 * answered. Thread-safe: guarded by {@code this}.
 */
final class Allowance {
    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

    private final ApiKey.Limits limits;
    private final LongSupplier nanoTime;
    /** When the bucket is full again. */
    private long fullAt;

    private int running;

    /** @param nanoTime a clock like {@link System#nanoTime()} */
    Allowance(ApiKey.Limits limits, LongSupplier nanoTime) {
        this.limits = limits;
        this.nanoTime = nanoTime;
        this.fullAt = nanoTime.getAsLong();
    }

    ApiKey.Limits limits() {
        return limits;
    }

    /**
     * How much of the rate is left, as {@code x-ratelimit-…} headers tell it.
     *
     * @param limit requests per minute
     * @param remaining that may come at once
     * @param untilFull when as many as the limit may come at once
     */
    record Rate(int limit, int remaining, Duration untilFull) {}

    /**
     * Takes one request; what it returns must be run when the request has been answered, and does its work once.
     *
     * @throws ApiException 429 when it is one too many, which takes nothing
     */
    synchronized Runnable take() {
        Integer most = limits.concurrentRequests();
        if (most != null && running >= most) {
            throw tooMany(
                    running + " requests of this key are being answered, the most allowed", Duration.ofSeconds(1));
        }
        Integer rate = limits.requestsPerMinute();
        if (rate != null) {
            long now = nanoTime.getAsLong();
            long each = MINUTE / rate;
            long untilFull = untilFull(now) + each;
            if (untilFull > rate * each) {
                throw tooMany(
                        "More than " + rate + " requests of this key per minute", seconds(untilFull - rate * each));
            }
            fullAt = now + untilFull;
        }
        running++;
        AtomicBoolean returned = new AtomicBoolean();
        return () -> {
            if (returned.compareAndSet(false, true)) {
                giveBack();
            }
        };
    }

    /** Null for a key with no such limit. */
    synchronized @Nullable Rate rate() {
        Integer rate = limits.requestsPerMinute();
        if (rate == null) {
            return null;
        }
        long each = MINUTE / rate;
        long untilFull = untilFull(nanoTime.getAsLong());
        return new Rate(rate, (int) ((rate * each - untilFull) / each), seconds(untilFull));
    }

    private synchronized void giveBack() {
        running--;
    }

    private long untilFull(long now) {
        return Math.max(0, fullAt - now);
    }

    /** Whole seconds, the last one counted as a whole. */
    private static Duration seconds(long nanos) {
        long second = TimeUnit.SECONDS.toNanos(1);
        return Duration.ofSeconds((nanos + second - 1) / second);
    }

    private static ApiException tooMany(String problem, Duration retryAfter) {
        return ApiException.busy("rate_limit_exceeded", problem + ". Try again later.", retryAfter);
    }
}
