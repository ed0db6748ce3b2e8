package dev.rehearse.jobs;

import dev.rehearse.grading.Grader;
import dev.rehearse.grading.Grading;
import dev.rehearse.grading.Sample;
import dev.rehearse.grading.Subject;
import dev.rehearse.web.JsonFields;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.ExampleObject;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/fine_tuning/alpha/graders}. Stateless; any thread. */
@Tag(name = "Graders", description = "What says how good a reply is, tried out before a job relies on it")
@RestController
@RequestMapping("/v1/fine_tuning/alpha/graders")
final class GradersController {
    private final Grading grading;
    private final GraderChecks checks;

    GradersController(Grading grading, GraderChecks checks) {
        this.grading = grading;
        this.checks = checks;
    }

    @Operation(
            summary = "Grade one reply",
            description = "`model_sample` is the reply, `item` the row it answers. A reply that cannot be graded is"
                    + " worth 0, and `metadata.errors` says why.",
            requestBody =
                    @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            required = true,
                            content =
                                    @Content(
                                            mediaType = MediaType.APPLICATION_JSON_VALUE,
                                            schema = @Schema(type = "object"),
                                            examples = {
                                                @ExampleObject(name = "string_check", value = GraderExamples.CHECK),
                                                @ExampleObject(
                                                        name = "text_similarity",
                                                        value = GraderExamples.SIMILARITY),
                                                @ExampleObject(name = "multi", value = GraderExamples.MULTI)
                                            })))
    @PostMapping(path = "/run", consumes = MediaType.APPLICATION_JSON_VALUE)
    Map<String, @Nullable Object> run(@RequestBody byte[] body) {
        JsonFields fields = JsonFields.parse(body);
        Grader grader = grader(fields);
        Sample sample = new Sample(fields.requireText("model_sample"));
        Map<String, Object> item = TrainingRows.fields(fields.object("item"));
        fields.refuseOthers();
        return GraderRun.view(grader, grading.grade(grader, Subject.of(item, sample)));
    }

    @Operation(
            summary = "Check a grader",
            description = "Answers with the grader as a job would store it, or with what is wrong with it.",
            requestBody =
                    @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            required = true,
                            content =
                                    @Content(
                                            mediaType = MediaType.APPLICATION_JSON_VALUE,
                                            schema = @Schema(type = "object"),
                                            examples =
                                                    @ExampleObject(name = "multi", value = GraderExamples.VALIDATE))))
    @PostMapping(path = "/validate", consumes = MediaType.APPLICATION_JSON_VALUE)
    Map<String, Object> validate(@RequestBody byte[] body) {
        JsonFields fields = JsonFields.parse(body);
        Grader grader = grader(fields);
        fields.refuseOthers();
        return Map.of("grader", GraderWriter.write(grader));
    }

    private Grader grader(JsonFields fields) {
        Grader grader = GraderReader.read(fields.requireObject("grader"));
        checks.check(grader, "grader");
        return grader;
    }
}
