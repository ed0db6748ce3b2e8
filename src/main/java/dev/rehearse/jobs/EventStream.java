package dev.rehearse.jobs;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * One client that reads a job's events as they come, as server-sent events. Nothing here ever waits for the client: what
 * it has not read stays here, and until it is gone no more is taken. Guarded by itself; the container's threads and that
 * of {@link EventStreams} call it.
 */
final class EventStream implements WriteListener, AsyncListener {
    private static final Logger log = LoggerFactory.getLogger(EventStream.class);
    private static final JsonMapper JSON = new JsonMapper();
    private static final String RECONNECT_AFTER_TWO_SECONDS = "retry: 2000\n\n";
    private static final String PING = ": ping\n\n";
    private static final String DONE = "data: [DONE]\n\n";

    private final JobId job;
    private final AsyncContext exchange;
    private final ServletOutputStream out;
    private byte @Nullable [] unwritten = RECONNECT_AFTER_TWO_SECONDS.getBytes(StandardCharsets.US_ASCII);
    private boolean unflushed;
    private boolean last;
    private boolean closed;
    private long position;
    private long sentAt;

    /**
     * Nothing is sent before the container calls {@link #onWritePossible}.
     *
     * @param position of the last event that the client has
     * @param now of {@link System#nanoTime}
     */
    EventStream(JobId job, long position, AsyncContext exchange, long now) throws IOException {
        this.job = job;
        this.position = position;
        this.exchange = exchange;
        this.out = exchange.getResponse().getOutputStream();
        this.sentAt = now;
        exchange.addListener(this);
    }

    JobId job() {
        return job;
    }

    /** Of the last event that was sent. */
    synchronized long position() {
        return position;
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /** Whether all that was sent has left for the client. */
    synchronized boolean isIdle() {
        return !closed && unwritten == null && !unflushed;
    }

    /** Nanoseconds since something was sent last. */
    synchronized long silence(long now) {
        return now - sentAt;
    }

    /** Sends events; only where {@link #isIdle}. */
    synchronized void send(List<JobEvents.Stored> events, long now) {
        StringBuilder frames = new StringBuilder();
        for (JobEvents.Stored stored : events) {
            frames.append("id: ")
                    .append(stored.event().id())
                    .append("\ndata: ")
                    .append(JSON.writeValueAsString(stored.event().view()))
                    .append("\n\n");
            position = stored.position();
        }
        send(frames.toString(), now);
    }

    /** Sends a comment, which clients skip; only where {@link #isIdle}. */
    synchronized void ping(long now) {
        send(PING, now);
    }

    /** Says that nothing follows, and ends; only where {@link #isIdle}. */
    synchronized void finish(long now) {
        last = true;
        send(DONE, now);
    }

    /** Ends whatever the client has read. */
    synchronized void close() {
        if (!closed) {
            closed = true;
            try {
                exchange.complete();
            } catch (IllegalStateException e) { // the container has ended a request whose connection broke
                log.debug("a stream's reader is gone", e);
            }
        }
    }

    private void send(String frames, long now) {
        sentAt = now;
        unwritten = frames.getBytes(StandardCharsets.UTF_8);
        write();
    }

    @Override
    public synchronized void onWritePossible() {
        write();
    }

    @Override
    public void onError(Throwable failure) {
        log.debug("a stream's reader is gone: {}", failure.toString());
        close();
    }

    @Override
    public synchronized void onComplete(AsyncEvent event) {
        closed = true;
    }

    @Override
    public void onError(AsyncEvent event) {
        close();
    }

    @Override
    public void onTimeout(AsyncEvent event) {
        close();
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
        event.getAsyncContext().addListener(this);
    }

    /** As far as the connection takes it; the container calls again when it takes more. */
    private void write() {
        try {
            while (!closed && !isIdle() && out.isReady()) {
                if (unwritten != null) {
                    out.write(unwritten);
                    unwritten = null;
                    unflushed = true;
                } else {
                    out.flush();
                    unflushed = false;
                }
            }
        } catch (IOException | IllegalStateException e) {
            onError(e);
        }
        if (last && isIdle()) {
            close();
        }
    }
}
