package dev.rehearse.web;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Writes a response whenever there is something to say and the connection takes it; no thread waits for either. What one
 * thread begins another may go on with, never two at once. Thread-safe.
 */
public final class ResponseWriter implements WriteListener, AsyncListener {
    /** What is to be written. Asked by one thread at a time. */
    public interface Source {
        /** The next bytes; null when there are none yet, or none any more. */
        byte @Nullable [] next();

        /** Whether everything has been said. */
        boolean isAtEnd();

        /** Everything is written, or nothing can be written any more. May be called more than once. */
        void closed();

        /** The response is over. */
        void completed();
    }

    private final AsyncContext context;
    private final ServletOutputStream out;
    private final Executor executor;
    private final Source source;
    /** Reasons to look again; who makes it 1 looks. */
    private final AtomicInteger reasons = new AtomicInteger();

    /** The container has said that writing may begin. */
    private volatile boolean begun;
    /** Set and read while writing. */
    private boolean over;

    private boolean unflushed;

    /** @param executor writes what {@link #wake} tells of; its threads are never blocked */
    public ResponseWriter(AsyncContext context, Executor executor, Source source) throws IOException {
        this.context = context;
        this.executor = executor;
        this.source = source;
        out = context.getResponse().getOutputStream();
        context.addListener(this);
    }

    /** Begins; to be called by the thread that answers the request. */
    public void start() {
        out.setWriteListener(this);
    }

    /** There is more to say. */
    public void wake() {
        if (reasons.getAndIncrement() == 0) {
            executor.execute(this::write);
        }
    }

    @Override
    public void onWritePossible() {
        begun = true;
        if (reasons.getAndIncrement() == 0) {
            write();
        }
    }

    @Override
    public void onError(Throwable failure) {
        source.closed();
    }

    /** Completed here, the container does not look for an error page to write to a broken connection. */
    @Override
    public void onError(AsyncEvent event) {
        source.closed();
        try {
            context.complete();
        } catch (IllegalStateException e) {
            // the connection broke while the response was being completed
        }
    }

    @Override
    public void onComplete(AsyncEvent event) {
        source.closed();
        source.completed();
    }

    @Override
    public void onTimeout(AsyncEvent event) {}

    @Override
    public void onStartAsync(AsyncEvent event) {}

    private void write() {
        int seen;
        do {
            seen = reasons.get();
            if (begun && !over) {
                writeWhatFits();
            }
        } while (!reasons.compareAndSet(seen, 0));
    }

    private void writeWhatFits() {
        try {
            while (!over && out.isReady()) {
                byte[] piece = source.next();
                if (piece != null) {
                    out.write(piece);
                    unflushed = true;
                } else if (unflushed) {
                    out.flush();
                    unflushed = false;
                } else if (source.isAtEnd()) {
                    end();
                } else {
                    return;
                }
            }
        } catch (IOException | IllegalStateException e) { // the connection broke
            over = true;
            source.closed();
        }
    }

    /** Closed first: the container tells of completion before it writes the end of a body that is still open. */
    private void end() throws IOException {
        over = true;
        out.close();
        source.closed();
        context.complete();
    }
}
