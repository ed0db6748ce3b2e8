package dev.rehearse.jobs;

import dev.rehearse.web.JsonFields;
import dev.rehearse.web.Listing;
import dev.rehearse.web.MarkedListing;
import dev.rehearse.web.PageQuery;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.Explode;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import io.swagger.v3.oas.annotations.enums.ParameterStyle;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.ExampleObject;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/fine_tuning/jobs}. Stateless; any thread. */
@Tag(name = "Fine-tuning", description = "Jobs that make models")
@RestController
@RequestMapping("/v1/fine_tuning/jobs")
final class JobsController {
    private static final int USUAL = 20;
    private static final int USUAL_CHECKPOINTS = 10;
    private static final int MOST = 1_000;

    private final JobIntake intake;
    private final JobEstimates estimates;
    private final JobLife life;
    private final JobPool pool;
    private final JobView view;
    private final Lists lists;

    JobsController(JobIntake intake, JobEstimates estimates, JobLife life, JobPool pool, JobView view, Lists lists) {
        this.intake = intake;
        this.estimates = estimates;
        this.life = life;
        this.pool = pool;
        this.view = view;
        this.lists = lists;
    }

    /** What is only read. */
    @Component
    record Lists(JobStore jobs, JobCheckpoints checkpoints) {}

    @Operation(
            summary = "Create a job",
            description = "The answer comes when the job is stored; it then survives the process."
                    + " The same Idempotency-Key, or a retry of the same body, finds the job it made.",
            requestBody =
                    @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            required = true,
                            content =
                                    @Content(
                                            mediaType = MediaType.APPLICATION_JSON_VALUE,
                                            schema = @Schema(type = "object"),
                                            examples = {
                                                @ExampleObject(name = "supervised", value = Examples.SUPERVISED),
                                                @ExampleObject(name = "reinforcement", value = Examples.REINFORCEMENT)
                                            })))
    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    Map<String, @Nullable Object> create(
            @RequestBody byte[] body,
            @Parameter(hidden = true) @RequestHeader(name = HttpHeaders.AUTHORIZATION, required = false) @Nullable
                    String caller,
            @RequestHeader(name = "Idempotency-Key", required = false) @Nullable String idempotencyKey,
            @Parameter(hidden = true) @RequestHeader(name = "X-Stainless-Retry-Count", required = false) @Nullable
                    String retryCount) {
        JobRequest request = JobRequestReader.read(JsonFields.parse(body));
        return view.of(intake.take(request, RequestKey.of(body, caller, idempotencyKey, retryCount)));
    }

    @Operation(
            summary = "Estimate a job",
            description =
                    "Takes what a job is created with and starts nothing: how many rows and tokens its files have,"
                            + " how many steps and roughly how many seconds it would take, and everything that is wrong with it,"
                            + " each faulty row with its line.",
            requestBody =
                    @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            required = true,
                            content =
                                    @Content(
                                            mediaType = MediaType.APPLICATION_JSON_VALUE,
                                            schema = @Schema(type = "object"),
                                            examples =
                                                    @ExampleObject(name = "supervised", value = Examples.SUPERVISED))))
    @PostMapping(path = "/estimate", consumes = MediaType.APPLICATION_JSON_VALUE)
    Map<String, @Nullable Object> estimate(@RequestBody byte[] body) {
        return estimates.of(body);
    }

    @Operation(
            summary = "List jobs",
            description = "Newest first. `metadata[k]=v` keeps those with the pair, `metadata=null` those without any.",
            parameters =
                    @Parameter(
                            name = "metadata",
                            in = ParameterIn.QUERY,
                            style = ParameterStyle.DEEPOBJECT,
                            explode = Explode.TRUE,
                            schema = @Schema(type = "object", example = "{}")))
    @GetMapping
    Listing<Map<String, @Nullable Object>> list(
            @RequestParam(required = false) @Nullable String after,
            @RequestParam(required = false) @Nullable Integer limit,
            @Parameter(hidden = true) @RequestParam Map<String, String> query) {
        PageQuery page = PageQuery.of(after, limit, USUAL, MOST);
        return Listing.of(lists.jobs().list(page, MetadataFilter.of(query)), page.limit(), view::of);
    }

    @Operation(summary = "Look at a job")
    @GetMapping("/{id}")
    Map<String, @Nullable Object> get(@PathVariable JobId id) {
        return view.of(lists.jobs().require(id));
    }

    @Operation(summary = "Cancel a job", description = "In any state that is not final; its checkpoints stay.")
    @PostMapping("/{id}/cancel")
    Map<String, @Nullable Object> cancel(@PathVariable JobId id) {
        Job cancelled = life.cancel(id);
        pool.stop(cancelled);
        return view.of(cancelled);
    }

    @Operation(
            summary = "Pause a job",
            description = "One that runs is answered when its state is saved; a checkpoint of that moment is a model.")
    @PostMapping("/{id}/pause")
    Map<String, @Nullable Object> pause(@PathVariable JobId id) {
        return view.of(pool.pause(id));
    }

    @Operation(summary = "Resume a paused job", description = "It goes on where it was, as if it had not been paused.")
    @PostMapping("/{id}/resume")
    Map<String, @Nullable Object> resume(@PathVariable JobId id) {
        return view.of(intake.resume(id));
    }

    @Operation(summary = "The checkpoints of a job", description = "Newest first; each is a model.")
    @GetMapping("/{id}/checkpoints")
    MarkedListing<Map<String, Object>> checkpoints(
            @PathVariable JobId id,
            @RequestParam(required = false) @Nullable String after,
            @RequestParam(required = false) @Nullable Integer limit) {
        Job job = lists.jobs().require(id);
        PageQuery page = PageQuery.of(after, limit, USUAL_CHECKPOINTS, MOST);
        Listing<Map<String, Object>> found =
                Listing.of(lists.checkpoints().list(job.id(), page), page.limit(), JobCheckpoint::view);
        return MarkedListing.of(found, checkpoint -> Objects.toString(checkpoint.get("id")));
    }
}
