package dev.rehearse.jobs;

import dev.rehearse.web.Listing;
import dev.rehearse.web.PageQuery;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/fine_tuning/jobs/{id}/metrics} and {@code …/samples}. Stateless; any thread. */
@Tag(name = "Fine-tuning")
@RestController
final class JobMetricsController {
    private static final int USUAL = 1_000;
    private static final int MOST = 10_000;
    private static final int USUAL_SAMPLES = 20;
    private static final int MOST_SAMPLES = 100;
    private static final int BEFORE_THE_FIRST = -1;

    private final JobStore jobs;
    private final JobMetrics metrics;
    private final JobSamples samples;

    JobMetricsController(JobStore jobs, JobMetrics metrics, JobSamples samples) {
        this.jobs = jobs;
        this.metrics = metrics;
        this.samples = samples;
    }

    @Operation(
            summary = "The numbers of a job, step by step",
            description =
                    "Oldest first; `after` a step those that follow. Step 0 is the evaluation of what the job starts"
                            + " from. Of a job with more than 10,000 steps not every one is kept.")
    @GetMapping("/v1/fine_tuning/jobs/{id}/metrics")
    Listing<Map<String, Object>> metrics(
            @PathVariable JobId id,
            @RequestParam(required = false) @Nullable Integer after,
            @RequestParam(required = false) @Nullable Integer limit) {
        Job job = jobs.require(id);
        PageQuery page = PageQuery.of(null, limit, USUAL, MOST);
        List<JobMetrics.Row> rows = metrics.list(job.id(), after == null ? BEFORE_THE_FIRST : after, page.oneMore());
        return Listing.of(rows, page.limit(), JobMetrics.Row::view);
    }

    @Operation(
            summary = "Replies of a job, token by token",
            description =
                    "Newest first; `step` of one evaluation only. At each evaluation a few of its greedy replies and of"
                            + " the training round before it are kept, with what every grader gave and what the averaged weights"
                            + " make of every token: log π, log π₀, V, Q and the advantage, in units of the reward.")
    @GetMapping("/v1/fine_tuning/jobs/{id}/samples")
    Listing<Map<String, Object>> samples(
            @PathVariable JobId id,
            @RequestParam(required = false) @Nullable Integer step,
            @RequestParam(required = false) @Nullable String after,
            @RequestParam(required = false) @Nullable Integer limit) {
        Job job = jobs.require(id);
        PageQuery page = PageQuery.of(after, limit, USUAL_SAMPLES, MOST_SAMPLES);
        return Listing.of(samples.list(job.id(), step, page), page.limit(), Function.identity());
    }
}
