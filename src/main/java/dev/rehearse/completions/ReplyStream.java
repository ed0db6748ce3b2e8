package dev.rehearse.completions;

import dev.rehearse.generation.Completion;
import dev.rehearse.generation.GeneratedToken;
import dev.rehearse.web.ApiException;
import dev.rehearse.web.ResponseWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One answer as server-sent events. The thread that generates only puts news into a bounded queue; a {@link ResponseWriter}
 * takes them out when the reader can take more. Thread-safe; what makes events is used by one thread at a time.
 */
final class ReplyStream implements Replies.Audience, ResponseWriter.Source {
    private sealed interface News {
        record PromptRead(int index, List<GeneratedToken> tokens) implements News {}

        record Progress(int index, String text, List<GeneratedToken> tokens) implements News {}

        record End(int index, Completion reply) implements News {}

        record Failure(RuntimeException cause) implements News {}
    }

    private final Replies replies;
    private final Work work;
    private final Options options;
    private final BlockingQueue<News> news;
    /** Why it is cut off before its replies end. */
    private final AtomicReference<@Nullable RuntimeException> cut = new AtomicReference<>();

    private final List<Completion> finished = new ArrayList<>();
    private boolean opened;
    private boolean atEnd;
    /** Nothing was said since the last tick. */
    private boolean silent;

    private volatile boolean pingDue;
    private volatile @Nullable Outlet outlet;

    /** Who brings it to the reader. Called from any thread, more than once; must not block. */
    interface Outlet {
        /** There may be more to say. */
        void moreToSay();

        /** The last thing to be said is an error, for which a reader that does not read is not waited long. */
        void cutOff();

        /** Everything is written, or nothing can be written any more. */
        void closed();

        /** The response is over. */
        void completed();
    }

    /** @param buffer pieces that the reader may be behind */
    ReplyStream(Replies replies, Work work, Options options, int buffer) {
        this.replies = replies;
        this.work = work;
        this.options = options;
        news = new ArrayBlockingQueue<>(buffer);
    }

    /** What was said before is written when the outlet begins. */
    void attach(Outlet to) {
        outlet = to;
        if (cut.get() != null) {
            to.cutOff();
        }
    }

    @Override
    public void promptRead(int index, List<GeneratedToken> tokens) {
        add(new News.PromptRead(index, tokens));
    }

    @Override
    public void progressed(int index, String text, List<GeneratedToken> tokens) {
        add(new News.Progress(index, text, tokens));
    }

    @Override
    public void finished(int index, Completion reply) {
        add(new News.End(index, reply));
    }

    @Override
    public void failed(RuntimeException cause) {
        add(new News.Failure(cause));
    }

    private void add(News piece) {
        if (news.offer(piece)) {
            moreToSay();
        } else {
            cut(ApiException.unavailable(
                    "reader_too_slow",
                    "The stream was cut off: its reader fell more than " + news.size() + " pieces behind",
                    Duration.ofSeconds(1)));
        }
    }

    /** Ends the stream with an error, before anything that still waits to be said. The first reason counts. */
    void cut(RuntimeException reason) {
        if (cut.compareAndSet(null, reason)) {
            replies.cancel();
            moreToSay();
            Outlet now = outlet;
            if (now != null) {
                now.cutOff();
            }
        }
    }

    private void moreToSay() {
        Outlet now = outlet;
        if (now != null) {
            now.moreToSay();
        }
    }

    /** Time has passed; a stream that was silent meanwhile asks whether its reader is still there. */
    void tick() {
        pingDue = true;
        moreToSay();
    }

    @Override
    public byte @Nullable [] next() {
        String events = atEnd ? "" : events();
        if (events.isEmpty()) {
            return null;
        }
        silent = false;
        return Events.bytes(events);
    }

    /** Events for the next news that make any; none when nothing is new. */
    private String events() {
        RuntimeException reason = cut.get();
        if (reason != null) {
            return last(Events.error(reason));
        }
        String events = opening();
        while (events.isEmpty() && !atEnd) {
            News next = news.poll();
            if (next == null) {
                return ping();
            }
            events = events(next);
        }
        return events;
    }

    private String opening() {
        if (opened) {
            return "";
        }
        opened = true;
        return Events.of(work.wire().opening());
    }

    private String ping() {
        boolean due = pingDue && silent;
        silent = silent || pingDue;
        pingDue = false;
        return due ? Events.PING : "";
    }

    private String events(News piece) {
        if (piece instanceof News.PromptRead read) {
            return Events.of(
                    work.wire().prompt(read.index(), read.tokens()).stream().toList());
        }
        if (piece instanceof News.Progress progress) {
            return Events.of(work.wire().more(progress.index(), progress.text(), progress.tokens()).stream()
                    .toList());
        }
        if (piece instanceof News.End end) {
            return events(end);
        }
        replies.cancel();
        return last(Events.error(((News.Failure) piece).cause()));
    }

    private String events(News.End end) {
        finished.add(end.reply());
        String events = Events.of(List.of(work.wire().last(end.index(), end.reply())));
        if (finished.size() < work.requests().size()) {
            return events;
        }
        boolean counted = options.delivery() == Options.Delivery.STREAM_WITH_USAGE;
        return last(events + (counted ? Events.of(List.of(work.wire().usage(finished))) : "") + Events.DONE);
    }

    private String last(String events) {
        atEnd = true;
        return events;
    }

    @Override
    public boolean isAtEnd() {
        return atEnd;
    }

    @Override
    public void closed() {
        replies.cancel();
        Outlet now = outlet;
        if (now != null) {
            now.closed();
        }
    }

    @Override
    public void completed() {
        Outlet now = outlet;
        if (now != null) {
            now.completed();
        }
    }
}
