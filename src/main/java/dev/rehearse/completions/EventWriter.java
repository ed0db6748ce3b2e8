package dev.rehearse.completions;

import dev.rehearse.generation.Completion;
import dev.rehearse.web.ApiException;
import dev.rehearse.web.ErrorEnvelope;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.MediaType;
import org.springframework.web.servlet.mvc.method.annotation.ResponseBodyEmitter;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Writes server-sent events byte for byte as OpenAI does. Confined to the thread of one {@link ReplyStream}. */
final class EventWriter {
    private static final Logger log = LoggerFactory.getLogger(EventWriter.class);
    private static final JsonMapper JSON = new JsonMapper();

    private final ResponseBodyEmitter response;
    private final boolean countsInStream;

    EventWriter(ResponseBodyEmitter response, Options options) {
        this.response = response;
        this.countsInStream = options.delivery() == Options.Delivery.STREAM_WITH_USAGE;
    }

    /** @throws IOException when the reader is gone */
    void send(List<ObjectNode> chunks) throws IOException {
        for (ObjectNode chunk : chunks) {
            raw("data: " + JSON.writeValueAsString(chunk) + "\n\n");
        }
    }

    /** A comment, which clients skip. */
    void ping() throws IOException {
        raw(": ping\n\n");
    }

    /** What follows the last reply. */
    void sendEnd(Wire wire, List<Completion> replies) throws IOException {
        if (countsInStream) {
            send(List.of(wire.usage(replies)));
        }
        raw("data: [DONE]\n\n");
    }

    /**
     * The last event of a stream that fails after its status was sent. LangChain4j wants the event's name, OpenAI's own
     * clients the key {@code error}.
     */
    void sendError(RuntimeException cause) throws IOException {
        ErrorEnvelope error;
        if (cause instanceof ApiException known) {
            error = ErrorEnvelope.of(known);
        } else {
            log.error("a streamed reply failed", cause);
            error = new ErrorEnvelope(new ErrorEnvelope.Details(
                    "The server had an error while making the reply", "server_error", null, null));
        }
        raw("event: error\ndata: " + JSON.writeValueAsString(error) + "\n\n");
    }

    void close() {
        try {
            response.complete();
        } catch (IllegalStateException e) { // Tomcat has already ended a request whose connection broke
            log.debug("a stream's reader is gone", e);
        }
    }

    private void raw(String event) throws IOException {
        response.send(event.getBytes(StandardCharsets.UTF_8), MediaType.APPLICATION_OCTET_STREAM);
    }
}
