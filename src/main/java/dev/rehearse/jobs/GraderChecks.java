package dev.rehearse.jobs;

import dev.rehearse.grading.Grader;
import dev.rehearse.grading.HttpGrader;
import dev.rehearse.grading.LabelModel;
import dev.rehearse.grading.Multi;
import dev.rehearse.grading.ScoreModel;
import dev.rehearse.models.Model;
import dev.rehearse.models.ModelCatalog;
import dev.rehearse.outbound.AllowedHosts;
import dev.rehearse.web.ApiException;
import java.time.Duration;
import java.util.Map;
import org.springframework.stereotype.Component;

/** Whether this service can do what a grader asks for: its models, its servers. Thread-safe. */
@Component
final class GraderChecks {
    private final ModelCatalog models;
    private final AllowedHosts hosts;
    private final Duration longest;

    GraderChecks(ModelCatalog models, GraderSettings settings) {
        this.models = models;
        hosts = settings.http().hosts();
        longest = settings.http().timeout();
    }

    /**
     * Looks at a grader and those inside it.
     *
     * @param path of the grader in the request
     * @throws ApiException 400 naming the field that asks for too much
     */
    void check(Grader grader, String path) {
        if (grader instanceof ScoreModel score) {
            checkModel(score.model(), path + ".model");
        } else if (grader instanceof LabelModel label) {
            checkModel(label.model(), path + ".model");
        } else if (grader instanceof HttpGrader http) {
            check(http, path);
        } else if (grader instanceof Multi multi) {
            for (Map.Entry<String, Grader> part : multi.graders().entrySet()) {
                check(part.getValue(), path + ".graders." + part.getKey());
            }
        }
    }

    private void checkModel(String id, String path) {
        Model model = models.find(id)
                .orElseThrow(() -> ApiException.invalid(
                        "model_not_found",
                        path,
                        "The model '" + id + "' does not exist here; GET /v1/models lists those that can grade"));
        if (model.kind() == Model.Kind.BLUEPRINT) {
            throw ApiException.invalid(
                    "model_not_found",
                    path,
                    "The model '" + id + "' is a blueprint that has learned nothing; allowed: a model with weights");
        }
    }

    private void check(HttpGrader http, String path) {
        if (!hosts.has(http.url())) {
            throw ApiException.invalid(
                    "unsupported_value",
                    path + ".url",
                    "Unsupported value for '" + path + ".url': " + AllowedHosts.authority(http.url())
                            + " is not among the servers that graders may ask. Whoever runs the service can add it to"
                            + " the setting rehearse.graders.http.allowed, which is empty unless it was set.");
        }
        if (http.timeout() != null && http.timeout().compareTo(longest) > 0) {
            throw ApiException.invalid(
                    "invalid_value",
                    path + ".timeout_ms",
                    "Invalid value for '" + path + ".timeout_ms': "
                            + http.timeout().toMillis() + ". Allowed: 1 to " + longest.toMillis()
                            + " (rehearse.graders.http.timeout).");
        }
    }
}
