package dev.rehearse.completions;

import dev.rehearse.generation.Completion;
import dev.rehearse.generation.GeneratedToken;
import dev.rehearse.web.ApiException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One answer as server-sent events. The thread that generates only puts news into a bounded queue; the thread that runs
 * this writes them to the reader, however slow, and notices when the reader is gone.
 */
final class ReplyStream implements Replies.Audience, Runnable {
    private static final Logger log = LoggerFactory.getLogger(ReplyStream.class);

    private sealed interface News {
        record Progress(int index, String text, List<GeneratedToken> tokens) implements News {}

        record End(int index, Completion reply) implements News {}

        record Failure(RuntimeException cause) implements News {}
    }

    private final Replies replies;
    private final Wire wire;
    private final EventWriter events;
    private final CompletionsProperties settings;
    private final BlockingQueue<News> news;
    /** The reader has fallen behind by more than the queue holds. */
    private volatile boolean behind;
    /** Nobody reads any more. */
    private volatile boolean gone;

    private final List<Completion> finished = new ArrayList<>();
    private final int expected;

    ReplyStream(Replies replies, int expected, Wire wire, EventWriter events, CompletionsProperties settings) {
        this.replies = replies;
        this.expected = expected;
        this.wire = wire;
        this.events = events;
        this.settings = settings;
        this.news = new ArrayBlockingQueue<>(settings.streamBuffer());
    }

    @Override
    public void progressed(int index, String text, List<GeneratedToken> tokens) {
        tell(new News.Progress(index, text, tokens));
    }

    @Override
    public void finished(int index, Completion reply) {
        tell(new News.End(index, reply));
    }

    @Override
    public void failed(RuntimeException cause) {
        tell(new News.Failure(cause));
    }

    /** The container says that the connection is closed or broken. */
    void readerGone() {
        gone = true;
        replies.cancel();
    }

    @Override
    public void run() {
        try (replies) {
            write();
        } catch (IOException | IllegalStateException e) {
            log.debug("a stream's reader is gone", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            events.close();
        }
    }

    private void tell(News piece) {
        if (!news.offer(piece)) {
            behind = true;
            replies.cancel();
        }
    }

    private void write() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + settings.timeout().toNanos();
        events.send(wire.opening());
        while (finished.size() < expected) {
            News next = news.poll(settings.ping().toMillis(), TimeUnit.MILLISECONDS);
            if (gone) {
                return;
            }
            RuntimeException failure = failure(next, deadline);
            if (failure != null) {
                replies.cancel();
                events.sendError(failure);
                return;
            }
            write(next);
        }
        events.sendEnd(wire, finished);
    }

    private @Nullable RuntimeException failure(@Nullable News next, long deadline) {
        if (next instanceof News.Failure failure) {
            return failure.cause();
        }
        if (behind) {
            return ApiException.unavailable(
                    "reader_too_slow",
                    "The stream was cut off: its reader fell more than " + settings.streamBuffer() + " pieces behind",
                    Duration.ofSeconds(1));
        }
        return System.nanoTime() - deadline > 0 ? ReplyDelivery.tooLong(settings.timeout()) : null;
    }

    private void write(@Nullable News next) throws IOException {
        if (next == null) {
            events.ping();
        } else if (next instanceof News.Progress progress) {
            events.send(wire.more(progress.index(), progress.text(), progress.tokens()).stream()
                    .toList());
        } else if (next instanceof News.End end) {
            finished.add(end.reply());
            events.send(List.of(wire.last(end.index(), end.reply())));
        }
    }
}
