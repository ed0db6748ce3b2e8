package dev.rehearse.completions;

import dev.rehearse.web.ApiException;
import dev.rehearse.web.ClientConnection;
import dev.rehearse.web.ClientWatch;
import dev.rehearse.web.ResponseWriter;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.springframework.stereotype.Component;

/** The streams that are open: bounds their number, and ends those whose time is up or whose reader is gone. Thread-safe. */
@Component
final class Streams implements AutoCloseable {
    private static final Duration RETRY = Duration.ofSeconds(1);
    /** For a reader that is told of an error, before its connection is broken off. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(5);

    /** What is answered, and by what. */
    record Exchange(HttpServletRequest request, HttpServletResponse response) {}

    private final CompletionsProperties settings;
    private final ClientWatch watch;
    private final OpenAnswers answers;
    private final ReplyThreads threads;
    private final Semaphore free;
    private final ScheduledThreadPoolExecutor clock;

    Streams(CompletionsProperties settings, ClientWatch watch, OpenAnswers answers, ReplyThreads threads) {
        this.settings = settings;
        this.watch = watch;
        this.answers = answers;
        this.threads = threads;
        free = new Semaphore(settings.maxStreams());
        clock = new ScheduledThreadPoolExecutor(1, ReplyThreads.daemons("reply-clock-"));
        clock.setRemoveOnCancelPolicy(true);
    }

    /**
     * Starts the replies; from when it returns the stream lives by itself.
     *
     * @throws ApiException 429 when too many streams are open or the model's queue is full
     */
    void open(Work work, Options options, Replies replies, Exchange exchange) {
        if (!free.tryAcquire()) {
            throw ApiException.busy(
                    "too_many_streams", settings.maxStreams() + " streams are open, which is the most allowed", RETRY);
        }
        try {
            ReplyStream stream = new ReplyStream(replies, work, options, settings.streamBuffer());
            replies.start(work.requests(), stream);
            describe(exchange.response(), options);
            new Open(stream, replies, exchange.request()).begin();
        } catch (IOException e) {
            free.release();
            throw new UncheckedIOException(e);
        } catch (RuntimeException | Error e) {
            free.release();
            throw e;
        }
    }

    private static void describe(HttpServletResponse response, Options options) {
        response.setContentType("text/event-stream;charset=UTF-8");
        response.setHeader("Cache-Control", "no-cache");
        response.setHeader("X-Accel-Buffering", "no");
        if (!options.ignored().isEmpty()) {
            response.setHeader(IgnoredParameters.HEADER, IgnoredParameters.headerValue(options.ignored()));
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }

    /** One of them, from its first byte to its last. */
    private final class Open implements ReplyStream.Outlet, OpenAnswers.Answer {
        private final ReplyStream stream;
        private final Replies replies;
        private final ClientConnection connection;
        private final ResponseWriter writer;
        private final List<Future<?>> alarms;
        private final AtomicBoolean closed = new AtomicBoolean();

        Open(ReplyStream stream, Replies replies, HttpServletRequest request) throws IOException {
            this.stream = stream;
            this.replies = replies;
            connection = ClientConnection.of(request);
            AsyncContext context = request.startAsync();
            context.setTimeout(0);
            writer = new ResponseWriter(context, threads.writers(), stream);
            long ping = settings.ping().toMillis();
            alarms = List.of(
                    clock.scheduleWithFixedDelay(stream::tick, ping, ping, TimeUnit.MILLISECONDS),
                    clock.schedule(
                            () -> cut(ReplyDelivery.tooLong(settings.timeout())),
                            settings.timeout().toMillis(),
                            TimeUnit.MILLISECONDS));
        }

        void begin() {
            stream.attach(this);
            answers.add(this);
            watch.watch(connection, this::gone);
            writer.start();
        }

        private void gone() {
            connection.abort();
            closed();
        }

        @Override
        public void cut(RuntimeException reason) {
            stream.cut(reason);
        }

        @Override
        public void moreToSay() {
            writer.wake();
        }

        @Override
        public void cutOff() {
            clock.schedule(connection::abort, LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS);
        }

        @Override
        public void closed() {
            if (closed.compareAndSet(false, true)) {
                watch.forget(connection);
                alarms.forEach(alarm -> alarm.cancel(false));
                replies.close();
                free.release();
            }
        }

        @Override
        public void completed() {
            answers.remove(this);
        }
    }
}
