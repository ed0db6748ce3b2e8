package dev.rehearse.completions;

import dev.rehearse.generation.Completion;
import dev.rehearse.web.ClientConnection;
import dev.rehearse.web.ClientWatch;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Component;
import org.springframework.web.context.request.async.AsyncRequestNotUsableException;
import org.springframework.web.context.request.async.DeferredResult;
import tools.jackson.databind.JsonNode;

/** The answers in one piece that are being made: ends those whose time is up or whose client is gone. Thread-safe. */
@Component
final class WholeAnswers {
    private static final Logger log = LoggerFactory.getLogger(WholeAnswers.class);

    private final CompletionsProperties settings;
    private final ClientWatch watch;
    private final OpenAnswers answers;
    private final ReplyThreads threads;

    WholeAnswers(CompletionsProperties settings, ClientWatch watch, OpenAnswers answers, ReplyThreads threads) {
        this.settings = settings;
        this.watch = watch;
        this.answers = answers;
        this.threads = threads;
    }

    /**
     * Starts the replies.
     *
     * @return what Spring waits for
     * @throws dev.rehearse.web.ApiException 429 when the model's queue is full
     */
    DeferredResult<ResponseEntity<JsonNode>> open(
            Options options, Work work, Replies replies, Streams.Exchange exchange) {
        Whole answer = new Whole(replies, exchange);
        WholeReplies all = new WholeReplies(work.requests().size());
        all.all()
                .whenCompleteAsync(
                        (replied, failure) -> {
                            if (replied == null) {
                                answer.cut(unchecked(failure));
                            } else {
                                answer.complete(() -> response(options, work.wire(), replied));
                            }
                        },
                        threads.writers());
        answer.begin();
        try {
            replies.start(work.requests(), all);
        } catch (RuntimeException | Error e) {
            answer.close();
            answers.remove(answer);
            throw e;
        }
        return answer.result;
    }

    private static RuntimeException unchecked(@Nullable Throwable failure) {
        return failure instanceof RuntimeException known ? known : new IllegalStateException("no replies", failure);
    }

    private static ResponseEntity<JsonNode> response(Options options, Wire wire, List<Completion> replies) {
        ResponseEntity.BodyBuilder response = ResponseEntity.ok().contentType(MediaType.APPLICATION_JSON);
        if (!options.ignored().isEmpty()) {
            response.header(IgnoredParameters.HEADER, IgnoredParameters.headerValue(options.ignored()));
        }
        return response.body(wire.whole(replies));
    }

    /** An answer in one piece, until it is handed to Spring. */
    private final class Whole implements OpenAnswers.Answer {
        private final DeferredResult<ResponseEntity<JsonNode>> result =
                new DeferredResult<>(settings.timeout().toMillis());
        private final Replies replies;
        private final ClientConnection connection;
        private final HttpServletResponse response;
        private final AtomicBoolean closed = new AtomicBoolean();

        Whole(Replies replies, Streams.Exchange exchange) {
            this.replies = replies;
            connection = ClientConnection.of(exchange.request());
            response = exchange.response();
            result.onTimeout(() -> cut(ReplyDelivery.tooLong(settings.timeout())));
            result.onError(failure -> close());
            result.onCompletion(this::completed);
        }

        void begin() {
            answers.add(this);
            watch.watch(connection, () -> fail(new AsyncRequestNotUsableException("the client has hung up")));
        }

        void complete(Supplier<ResponseEntity<JsonNode>> response) {
            try {
                ResponseEntity<JsonNode> made = response.get();
                if (close()) {
                    result.setResult(made);
                }
            } catch (RuntimeException e) {
                cut(e);
            }
        }

        /** Closed first: the container tells of completion before it writes the end of a body that is still open. */
        private void completed() {
            try {
                response.getOutputStream().close();
            } catch (IOException | IllegalStateException e) {
                log.debug("the end of an answer was not written: {}", e.toString());
            }
            answers.remove(this);
        }

        @Override
        public void cut(RuntimeException reason) {
            fail(reason);
        }

        private void fail(Exception reason) {
            if (close()) {
                result.setErrorResult(reason);
            }
        }

        /** Whether it was open; the first to close it says what is answered. */
        private boolean close() {
            boolean first = closed.compareAndSet(false, true);
            if (first) {
                watch.forget(connection);
                replies.close();
            }
            return first;
        }
    }
}
