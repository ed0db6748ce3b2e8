package dev.rehearse.completions;

import dev.rehearse.generation.Completion;
import dev.rehearse.models.Lease;
import dev.rehearse.models.ModelCache;
import dev.rehearse.web.ApiException;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Component;
import org.springframework.web.context.request.async.DeferredResult;
import org.springframework.web.servlet.mvc.method.annotation.ResponseBodyEmitter;
import tools.jackson.databind.JsonNode;

/**
 * Leases the model, has the replies generated and brings them to the client, whole or as a stream. No thread of the web
 * server waits for a reply. Thread-safe.
 */
@Component
final class ReplyDelivery implements AutoCloseable {
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final ModelCache models;
    private final CompletionsProperties settings;
    private final ExecutorService streams;
    private final ExecutorService writers;

    ReplyDelivery(ModelCache models, CompletionsProperties settings) {
        this.models = models;
        this.settings = settings;
        this.streams = new ThreadPoolExecutor(
                0, settings.maxStreams(), 30, TimeUnit.SECONDS, new SynchronousQueue<>(), daemons("reply-stream-"));
        this.writers = Executors.newFixedThreadPool(2, daemons("reply-writer-"));
    }

    /**
     * Starts the work that {@code plan} makes of the request.
     *
     * @return what the controller returns to Spring, which waits for it
     * @throws ApiException before anything was sent: unknown model, prompt too long, queue full
     */
    Object answer(Options options, Function<Lease, Work> plan, HttpServletResponse response) {
        try {
            return start(options, plan, response);
        } catch (ApiException e) {
            if (e.retryAfter() != null) {
                response.setHeader(
                        "retry-after-ms", Long.toString(e.retryAfter().toMillis()));
            }
            throw e;
        }
    }

    private Object start(Options options, Function<Lease, Work> plan, HttpServletResponse response) {
        Replies replies = new Replies(models.lease(options.model()));
        try {
            Work work = plan.apply(replies.lease());
            return options.streams() ? stream(options, work, replies, response) : whole(options, work, replies);
        } catch (RuntimeException | Error e) {
            replies.close();
            throw e;
        }
    }

    @Override
    public void close() {
        streams.shutdownNow();
        writers.shutdown();
    }

    static ApiException tooLong(Duration timeout) {
        return ApiException.unavailable(
                "timeout", "The reply was not complete after " + timeout.toSeconds() + " seconds", RETRY);
    }

    private DeferredResult<ResponseEntity<JsonNode>> whole(Options options, Work work, Replies replies) {
        DeferredResult<ResponseEntity<JsonNode>> answer =
                new DeferredResult<>(settings.timeout().toMillis());
        answer.onTimeout(() -> {
            replies.close();
            answer.setErrorResult(tooLong(settings.timeout()));
        });
        answer.onError(failure -> replies.close());
        WholeReplies whole = new WholeReplies(work.requests().size());
        whole.all()
                .whenCompleteAsync(
                        (all, failure) -> {
                            try (replies) {
                                settle(answer, options, work, all, failure);
                            }
                        },
                        writers);
        replies.start(work.requests(), whole);
        return answer;
    }

    private static void settle(
            DeferredResult<ResponseEntity<JsonNode>> answer,
            Options options,
            Work work,
            @Nullable List<Completion> all,
            @Nullable Throwable failure) {
        if (all == null) {
            answer.setErrorResult(failure == null ? new IllegalStateException("neither replies nor failure") : failure);
            return;
        }
        try {
            ResponseEntity.BodyBuilder response = ResponseEntity.ok().contentType(MediaType.APPLICATION_JSON);
            if (!options.ignored().isEmpty()) {
                response.header(IgnoredParameters.HEADER, IgnoredParameters.headerValue(options.ignored()));
            }
            answer.setResult(response.body(work.wire().whole(all)));
        } catch (RuntimeException e) {
            answer.setErrorResult(e);
        }
    }

    private ResponseBodyEmitter stream(Options options, Work work, Replies replies, HttpServletResponse response) {
        ResponseBodyEmitter emitter = new ResponseBodyEmitter(0L);
        ReplyStream stream = new ReplyStream(
                replies, work.requests().size(), work.wire(), new EventWriter(emitter, options), settings);
        emitter.onError(failure -> stream.readerGone());
        emitter.onCompletion(stream::readerGone);
        replies.start(work.requests(), stream);
        try {
            streams.execute(stream);
        } catch (RejectedExecutionException e) {
            throw ApiException.busy(
                    "too_many_streams", settings.maxStreams() + " streams are open, which is the most allowed", RETRY);
        }
        response.setContentType("text/event-stream;charset=UTF-8");
        response.setHeader("Cache-Control", "no-cache");
        response.setHeader("X-Accel-Buffering", "no");
        if (!options.ignored().isEmpty()) {
            response.setHeader(IgnoredParameters.HEADER, IgnoredParameters.headerValue(options.ignored()));
        }
        return emitter;
    }

    private static ThreadFactory daemons(String prefix) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, prefix + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }
}
