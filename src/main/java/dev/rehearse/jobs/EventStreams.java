package dev.rehearse.jobs;

import dev.rehearse.web.ApiException;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
 * whichever process writes them. Thread-safe.
 */
@Component
final class EventStreams implements SmartLifecycle {
    private static final Logger log = LoggerFactory.getLogger(EventStreams.class);
    private static final Duration RETRY = Duration.ofSeconds(5);
    private static final int AT_ONCE = 32;

    private final JobEvents events;
    private final EventStreamSettings settings;
    private final Set<EventStream> streams = ConcurrentHashMap.newKeySet();
    private volatile @Nullable ScheduledExecutorService poller;

    EventStreams(JobEvents events, EventStreamSettings settings) {
        this.events = events;
        this.settings = settings;
    }

    /**
     * Answers the request with all events of the job after {@code position}, oldest first, and those to come.
     *
     * @throws ApiException 429 when too many clients do so
     */
    synchronized void open(JobId job, long position, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        if (streams.size() >= settings.most()) {
            throw ApiException.busy(
                    "too_many_streams",
                    streams.size() + " clients read events live. Allowed: " + settings.most() + '.',
                    RETRY);
        }
        response.setContentType("text/event-stream;charset=UTF-8");
        response.setHeader("Cache-Control", "no-cache");
        response.setHeader("X-Accel-Buffering", "no");
        AsyncContext exchange = request.startAsync(request, response);
        exchange.setTimeout(0);
        EventStream stream = new EventStream(job, position, exchange, System.nanoTime());
        streams.add(stream);
        response.getOutputStream().setWriteListener(stream);
    }

    /** How many clients read. */
    int open() {
        return streams.size();
    }

    private void round() {
        try {
            streams.removeIf(EventStream::isClosed);
            Map<JobId, JobEvents.Newest> newest =
                    events.newest(streams.stream().map(EventStream::job).collect(Collectors.toSet()));
            streams.forEach(stream -> serve(stream, newest.get(stream.job())));
        } catch (RuntimeException e) {
            log.warn("live events could not be read", e);
        }
    }

    private void serve(EventStream stream, JobEvents.@Nullable Newest newest) {
        long now = System.nanoTime();
        if (!stream.isIdle()) {
            if (stream.silence(now) > settings.patience().toNanos()) {
                log.info("job {}: a client that does not read its events is cut off", stream.job());
                stream.close();
            }
        } else if (newest != null && newest.position() > stream.position()) {
            stream.send(events.after(stream.job(), stream.position(), AT_ONCE), now);
        } else if (newest != null && newest.state().isFinal()) {
            stream.finish(now);
        } else if (stream.silence(now) > settings.ping().toNanos()) {
            stream.ping(now);
        }
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
        poller = null;
        if (started != null) {
            started.shutdownNow();
        }
        List.copyOf(streams).forEach(EventStream::close);
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
