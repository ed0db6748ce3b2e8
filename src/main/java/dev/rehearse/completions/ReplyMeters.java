package dev.rehearse.completions;

import dev.rehearse.generation.BatchScheduler.Load;
import dev.rehearse.generation.Completion;
import dev.rehearse.generation.GeneratedToken;
import dev.rehearse.generation.GenerationListener;
import dev.rehearse.models.ModelCache;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.ToIntFunction;
import java.util.stream.DoubleStream;
import org.springframework.stereotype.Component;

/**
 * Counts and times replies under vLLM's names with our prefix. A reply, of which a request may want several, counts as one
 * request. Thread-safe.
 */
@Component
final class ReplyMeters {
    /** vLLM's buckets, in seconds. */
    private static final Duration[] FIRST_TOKEN =
            seconds(.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160);

    private static final Duration[] BETWEEN_TOKENS =
            seconds(.005, .01, .015, .02, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5);
    private static final Duration[] WHOLE =
            seconds(.3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240);

    private final MeterRegistry meters;

    ReplyMeters(MeterRegistry meters, ModelCache models) {
        this.meters = meters;
        gauge("running", "replies that are read or grow", models, Load::running);
        gauge("waiting", "replies that wait for a slot", models, Load::waiting);
        Gauge.builder("rehearse.kv.cache.usage.ratio", models, ReplyMeters::cacheUse)
                .description("share of the room for keys and values that running replies take")
                .register(meters);
    }

    private void gauge(String name, String description, ModelCache models, ToIntFunction<Load> part) {
        Gauge.builder(
                        "rehearse.requests." + name,
                        models,
                        cache -> cache.loads().stream().mapToInt(part).sum())
                .description(description)
                .register(meters);
    }

    private static double cacheUse(ModelCache models) {
        List<Load> loads = models.loads();
        long room = loads.stream().mapToLong(Load::cacheTokens).sum();
        return room == 0
                ? 0
                : (double) loads.stream().mapToLong(Load::heldTokens).sum() / room;
    }

    /** Where a reply was asked for. */
    enum Endpoint {
        CHAT,
        TEXT,
        GRADER;

        private String tag() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Of the replies that one model makes for one endpoint. */
    Of of(Endpoint endpoint, String model) {
        return new Of(endpoint.tag(), model);
    }

    private static Duration[] seconds(double... bounds) {
        return DoubleStream.of(bounds)
                .mapToObj(bound -> Duration.ofNanos((long) (bound * 1e9)))
                .toArray(Duration[]::new);
    }

    final class Of {
        private final String endpoint;
        private final String model;
        private final Counter promptTokens;
        private final Counter generatedTokens;
        private final Timer queued;
        private final Timer prefill;
        private final Timer firstToken;
        private final Timer betweenTokens;
        private final Timer decode;
        private final Timer whole;

        private Of(String endpoint, String model) {
            this.endpoint = endpoint;
            this.model = model;
            promptTokens = meters.counter("rehearse.prompt.tokens", "model_name", model);
            generatedTokens = meters.counter("rehearse.generation.tokens", "model_name", model);
            queued = timer("request.queue.time", FIRST_TOKEN);
            prefill = timer("request.prefill.time", FIRST_TOKEN);
            firstToken = timer("time.to.first.token", FIRST_TOKEN);
            betweenTokens = timer("inter.token.latency", BETWEEN_TOKENS);
            decode = timer("request.decode.time", WHOLE);
            whole = timer("e2e.request.latency", WHOLE);
        }

        private Timer timer(String name, Duration[] buckets) {
            return Timer.builder("rehearse." + name)
                    .tag("model_name", model)
                    .serviceLevelObjectives(buckets)
                    .register(meters);
        }

        /** @param status rejected, cancelled, failed or success */
        private void count(String status, String finishReason) {
            meters.counter(
                            "rehearse.requests",
                            "endpoint",
                            endpoint,
                            "model_name",
                            model,
                            "finish_reason",
                            finishReason,
                            "status",
                            status)
                    .increment();
        }

        /** The queue was full. */
        void rejected(int replies) {
            for (int i = 0; i < replies; i++) {
                count("rejected", "none");
            }
        }

        /** Times one reply from now on. */
        Timed timed(GenerationListener listener) {
            return new Timed(this, listener);
        }
    }

    /** One reply; hears of it on the thread that generates, and of its cancellation on any. */
    static final class Timed implements GenerationListener {
        private final Of meters;
        private final GenerationListener listener;
        private final long submitted = System.nanoTime();
        private final AtomicBoolean ended = new AtomicBoolean();
        private long admitted;
        private long firstToken;
        private long lastToken;

        private Timed(Of meters, GenerationListener listener) {
            this.meters = meters;
            this.listener = listener;
        }

        @Override
        public void admitted() {
            admitted = System.nanoTime();
            meters.queued.record(admitted - submitted, TimeUnit.NANOSECONDS);
            listener.admitted();
        }

        @Override
        public void promptRead(List<GeneratedToken> tokens) {
            listener.promptRead(tokens);
        }

        @Override
        public void progressed(String text, List<GeneratedToken> tokens) {
            long now = System.nanoTime();
            if (firstToken == 0) {
                firstToken = now;
                meters.firstToken.record(now - submitted, TimeUnit.NANOSECONDS);
                meters.prefill.record(now - admitted, TimeUnit.NANOSECONDS);
            } else {
                meters.betweenTokens.record(now - lastToken, TimeUnit.NANOSECONDS);
            }
            lastToken = now;
            meters.generatedTokens.increment(tokens.size());
            listener.progressed(text, tokens);
        }

        @Override
        public void finished(Completion completion) {
            if (ended.compareAndSet(false, true)) {
                long now = System.nanoTime();
                meters.whole.record(now - submitted, TimeUnit.NANOSECONDS);
                meters.decode.record(firstToken == 0 ? 0 : now - firstToken, TimeUnit.NANOSECONDS);
                meters.promptTokens.increment(completion.promptTokens());
                meters.count("success", Envelope.wireName(completion.finishReason()));
            }
            listener.finished(completion);
        }

        @Override
        public void failed(RuntimeException cause) {
            if (ended.compareAndSet(false, true)) {
                meters.count("failed", "none");
            }
            listener.failed(cause);
        }

        /** Nobody waits for it any more; counted when it had not ended. */
        void cancelled() {
            if (ended.compareAndSet(false, true)) {
                meters.count("cancelled", "none");
            }
        }
    }
}
