package dev.rehearse.web;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.core.StandardHost;
import org.apache.catalina.valves.ErrorReportValve;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import tools.jackson.databind.json.JsonMapper;

/** Answers for requests that Tomcat refuses before any of our code runs, e.g. a broken request line. Thread-safe. */
public final class ContainerErrors extends ErrorReportValve {
    private static final JsonMapper JSON = new JsonMapper();

    /** Makes the valve the host's own; Tomcat creates it by its name. */
    static void reportFor(StandardHost host) {
        host.setErrorReportValveClass(ContainerErrors.class.getName());
    }

    @Override
    protected void report(Request request, Response response, @Nullable Throwable throwable) {
        int code = response.getStatus();
        if (code < HttpStatus.BAD_REQUEST.value() || response.getContentWritten() > 0 || !response.setErrorReported()) {
            return;
        }
        HttpStatus status = HttpStatus.resolve(code);
        String id = RequestIds.of(request);
        ErrorEnvelope envelope = code >= HttpStatus.INTERNAL_SERVER_ERROR.value()
                ? ErrorEnvelope.server(ErrorMapping.bug(request, throwable))
                : ErrorEnvelope.invalid(status == null ? "HTTP status " + code : status.getReasonPhrase(), null, null);
        try {
            response.setHeader(RequestIds.HEADER, id);
            response.setContentType("application/json");
            response.getOutputStream().write(JSON.writeValueAsString(envelope).getBytes(StandardCharsets.UTF_8));
            response.finishResponse();
        } catch (IOException | IllegalStateException e) {
            // the client is gone, or somebody already answers: nothing is left to say
            container.getLogger().debug("no error report written", e);
        }
    }
}
