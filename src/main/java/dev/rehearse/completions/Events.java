package dev.rehearse.completions;

import dev.rehearse.web.ApiException;
import dev.rehearse.web.ErrorEnvelope;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Server-sent events, byte for byte as OpenAI writes them. Stateless; any thread. */
final class Events {
    private static final Logger log = LoggerFactory.getLogger(Events.class);
    private static final JsonMapper JSON = new JsonMapper();

    /** A comment, which clients skip. */
    static final String PING = ": ping\n\n";

    /** The last event of a stream that succeeds. */
    static final String DONE = "data: [DONE]\n\n";

    private Events() {}

    static String of(List<ObjectNode> chunks) {
        StringBuilder events = new StringBuilder();
        for (ObjectNode chunk : chunks) {
            events.append("data: ").append(JSON.writeValueAsString(chunk)).append("\n\n");
        }
        return events.toString();
    }

    /**
     * The last event of a stream that fails after its status was sent. LangChain4j wants the event's name, OpenAI's own
     * clients the key {@code error}.
     */
    static String error(RuntimeException cause) {
        ErrorEnvelope error;
        if (cause instanceof ApiException known) {
            error = ErrorEnvelope.of(known);
        } else {
            log.error("a streamed reply failed", cause);
            error = new ErrorEnvelope(new ErrorEnvelope.Details(
                    "The server had an error while making the reply", "server_error", null, null));
        }
        return "event: error\ndata: " + JSON.writeValueAsString(error) + "\n\n";
    }

    static byte[] bytes(String events) {
        return events.getBytes(StandardCharsets.UTF_8);
    }
}
