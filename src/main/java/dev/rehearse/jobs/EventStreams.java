package dev.rehearse.jobs;

import dev.rehearse.web.ApiException;
import dev.rehearse.web.ClientConnection;
import dev.rehearse.web.ClientWatch;
import dev.rehearse.web.ResponseWriter;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * The clients that read events as they come. One thread asks the database for all of them, so that events are seen
 * whichever process writes them, and writes what their connections take. Thread-safe.
 */
@Component
final class EventStreams implements SmartLifecycle {
    private static final Logger log = LoggerFactory.getLogger(EventStreams.class);
    private static final Duration RETRY = Duration.ofSeconds(5);
    private static final int AT_ONCE = 32;

    private final JobEvents events;
    private final EventStreamSettings settings;
    private final ClientWatch watch;
    private final Map<EventStream, ResponseWriter> streams = new ConcurrentHashMap<>();
    private volatile @Nullable ScheduledExecutorService poller;

    EventStreams(JobEvents events, EventStreamSettings settings, ClientWatch watch) {
        this.events = events;
        this.settings = settings;
        this.watch = watch;
    }

    /**
     * Answers the request with all events of the job after {@code position}, oldest first, and those to come.
     *
     * @throws ApiException 429 when too many clients do so, 503 when the service is stopping
     */
    synchronized void open(JobId job, long position, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        if (streams.size() >= settings.most()) {
            throw ApiException.busy(
                    "too_many_streams",
                    streams.size() + " clients read events live. Allowed: " + settings.most() + '.',
                    RETRY);
        }
        if (poller == null) {
            throw ApiException.unavailable("stopping", "The service is stopping.", RETRY);
        }
        response.setContentType("text/event-stream;charset=UTF-8");
        response.setHeader("Cache-Control", "no-cache");
        response.setHeader("X-Accel-Buffering", "no");
        AsyncContext exchange = request.startAsync(request, response);
        exchange.setTimeout(0);
        EventStream stream =
                new EventStream(job, position, ClientConnection.of(request), this::forget, System.nanoTime());
        ResponseWriter writer = new ResponseWriter(exchange, Runnable::run, stream);
        streams.put(stream, writer);
        watch.watch(stream.connection(), () -> cutOff(stream));
        writer.start();
    }

    /** How many clients read. */
    int open() {
        return streams.size();
    }

    private void forget(EventStream stream) {
        streams.remove(stream);
        watch.forget(stream.connection());
    }

    private void cutOff(EventStream stream) {
        stream.connection().abort();
        stream.closed();
    }

    private void round() {
        try {
            Map<JobId, JobEvents.Newest> newest = events.newest(
                    streams.keySet().stream().map(EventStream::job).collect(Collectors.toSet()));
            streams.forEach((stream, writer) -> {
                if (serve(stream, newest.get(stream.job()))) {
                    writer.wake();
                }
            });
        } catch (RuntimeException e) {
            log.warn("live events could not be read", e);
        }
    }

    /** Whether there is something to write. */
    private boolean serve(EventStream stream, JobEvents.@Nullable Newest newest) {
        long now = System.nanoTime();
        if (!stream.isIdle()) {
            if (stream.silence(now) > settings.patience().toNanos()) {
                log.info("job {}: a client that does not read its events is cut off", stream.job());
                cutOff(stream);
            }
            return false;
        }
        if (newest != null && newest.position() > stream.position()) {
            stream.send(events.after(stream.job(), stream.position(), AT_ONCE), now);
        } else if (newest != null && newest.state().isFinal()) {
            stream.finish(now);
        } else if (stream.silence(now) > settings.ping().toNanos()) {
            stream.ping(now);
        } else {
            return false;
        }
        return true;
    }

    @Override
    public void start() {
        ScheduledExecutorService started = Executors.newSingleThreadScheduledExecutor(EventStreams::daemon);
        long poll = settings.poll().toMillis();
        started.scheduleWithFixedDelay(this::round, poll, poll, TimeUnit.MILLISECONDS);
        poller = started;
    }

    /** Clients find the streams closed and come back; the web server does not wait for them. */
    @Override
    public void stop() {
        ScheduledExecutorService started = poller;
        synchronized (this) {
            poller = null; // no stream is opened from here on
        }
        if (started != null) {
            started.shutdown(); // a round that looks into the database ends by itself
        }
        streams.forEach((stream, writer) -> {
            stream.leave();
            writer.wake();
        });
    }

    @Override
    public boolean isRunning() {
        return poller != null;
    }

    private static Thread daemon(Runnable body) {
        Thread thread = new Thread(body, "job-event-streams");
        thread.setDaemon(true);
        return thread;
    }
}
