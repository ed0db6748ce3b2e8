package dev.rehearse.jobs;

import dev.rehearse.web.ApiException;
import dev.rehearse.web.Listing;
import dev.rehearse.web.PageQuery;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/fine_tuning/jobs/{id}/events}. Stateless; any thread. */
@Tag(name = "Fine-tuning")
@RestController
final class JobEventsController {
    private static final int USUAL = 20;
    private static final int MOST = 1_000;
    private static final String LAST_EVENT_ID = "Last-Event-ID";

    private final JobStore jobs;
    private final JobEvents events;
    private final EventStreams streams;

    JobEventsController(JobStore jobs, JobEvents events, EventStreams streams) {
        this.jobs = jobs;
        this.events = events;
        this.streams = streams;
    }

    @Operation(
            summary = "What happened to a job",
            description = "Newest first, `after` an event the older ones. With `stream=true` or `Accept:"
                    + " text/event-stream` as server-sent events: oldest first, `after` an event (or after"
                    + " `Last-Event-ID`) the newer ones, then each as it happens, and `[DONE]` when the job has ended.")
    @GetMapping("/v1/fine_tuning/jobs/{id}/events")
    @Nullable
    Listing<Map<String, @Nullable Object>> events(
            @PathVariable JobId id,
            @RequestParam(required = false) @Nullable String after,
            @RequestParam(required = false) @Nullable Integer limit,
            @RequestParam(defaultValue = "false") boolean stream,
            HttpServletRequest request,
            HttpServletResponse response)
            throws IOException {
        Job job = jobs.require(id);
        PageQuery page = PageQuery.of(after, limit, USUAL, MOST);
        if (!stream && !asksForStream(request)) {
            return Listing.of(events.list(job.id(), page), page.limit(), JobEvent::view);
        }
        if (limit != null) {
            throw ApiException.invalid("invalid_value", "limit", "Invalid 'limit': a stream has no pages.");
        }
        String known = Objects.requireNonNullElse(request.getHeader(LAST_EVENT_ID), Objects.toString(page.after(), ""));
        stream(job, known.isEmpty() ? 0 : events.position(job.id(), known), request, response);
        return null;
    }

    private void stream(Job job, long position, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        boolean nothingToCome =
                job.state().isFinal() && events.after(job.id(), position, 1).isEmpty();
        if (nothingToCome && request.getHeader(LAST_EVENT_ID) != null) {
            response.setStatus(HttpStatus.NO_CONTENT.value()); // a browser that lost the end would ask for ever
        } else {
            streams.open(job.id(), position, request, response);
        }
    }

    private static boolean asksForStream(HttpServletRequest request) {
        String accept = request.getHeader(HttpHeaders.ACCEPT);
        return accept != null && accept.toLowerCase(Locale.ROOT).contains(MediaType.TEXT_EVENT_STREAM_VALUE);
    }
}
