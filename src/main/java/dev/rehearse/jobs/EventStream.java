package dev.rehearse.jobs;

import dev.rehearse.web.ClientConnection;
import dev.rehearse.web.ResponseWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * One client that reads a job's events as they come, as server-sent events. What it has not read stays here, and until it
 * is gone no more is taken. Guarded by itself.
 */
final class EventStream implements ResponseWriter.Source {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String RECONNECT_AFTER_TWO_SECONDS = "retry: 2000\n\n";
    private static final String PING = ": ping\n\n";
    private static final String DONE = "data: [DONE]\n\n";

    private final JobId job;
    private final ClientConnection connection;
    private final Consumer<EventStream> ended;
    private byte @Nullable [] unwritten = bytes(RECONNECT_AFTER_TWO_SECONDS);
    /** Everything has left for the client. */
    private boolean idle;

    private boolean last;
    private boolean closed;
    private long position;
    private long sentAt;

    /**
     * @param position of the last event that the client has
     * @param ended hears at least once that nothing is written any more, before the answer is completed
     * @param now of {@link System#nanoTime}
     */
    EventStream(JobId job, long position, ClientConnection connection, Consumer<EventStream> ended, long now) {
        this.job = job;
        this.position = position;
        this.connection = connection;
        this.ended = ended;
        this.sentAt = now;
    }

    JobId job() {
        return job;
    }

    ClientConnection connection() {
        return connection;
    }

    /** Of the last event that was sent. */
    synchronized long position() {
        return position;
    }

    /** Whether more may be sent: all that was is on its way. */
    synchronized boolean isIdle() {
        return idle && !last && !closed;
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

    /** Ends without a word: the client comes back for the rest. */
    synchronized void leave() {
        last = true;
    }

    private void send(String frames, long now) {
        sentAt = now;
        idle = false;
        unwritten = bytes(frames);
    }

    private static byte[] bytes(String frames) {
        return frames.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public synchronized byte @Nullable [] next() {
        byte[] piece = unwritten;
        unwritten = null;
        idle = piece == null;
        return piece;
    }

    @Override
    public synchronized boolean isAtEnd() {
        return last && idle;
    }

    @Override
    public void closed() {
        synchronized (this) {
            closed = true;
        }
        ended.accept(this);
    }

    @Override
    public void completed() {}
}
