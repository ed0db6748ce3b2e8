package dev.rehearse.jobs;

import dev.rehearse.models.Model;
import dev.rehearse.models.ModelCatalog;
import dev.rehearse.training.Example;
import dev.rehearse.training.Forecast;
import dev.rehearse.web.ApiException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.util.FileSystemUtils;

/** What a job would read, how long it would take and what is wrong with it; nothing is started or kept. Thread-safe. */
@Component
final class JobEstimates {
    private static final int AT_ONCE = 2;
    private static final Duration RETRY = Duration.ofSeconds(5);

    private final JobChecks checks;
    private final JobData data;
    private final ModelCatalog models;
    private final Pace pace;
    private final Semaphore places = new Semaphore(AT_ONCE);

    JobEstimates(JobChecks checks, JobData data, ModelCatalog models, Pace pace) {
        this.checks = checks;
        this.data = data;
        this.models = models;
        this.pace = pace;
    }

    /** @throws ApiException 400 when the body is not one JSON object, 429 while others estimate */
    Map<String, @Nullable Object> of(byte[] body) {
        if (!places.tryAcquire()) {
            throw ApiException.busy(
                    "too_many_estimates", AT_ONCE + " estimates are being made. Try again soon.", RETRY);
        }
        try {
            Problems problems = new Problems();
            JobRequest request = RequestErrors.read(body, problems);
            return request == null ? EstimateView.unread(problems) : estimate(request, problems);
        } finally {
            places.release();
        }
    }

    private Map<String, @Nullable Object> estimate(JobRequest request, Problems problems) {
        checks.each(request).forEach(problems::attempt);
        Surveys surveys = data.survey(request, problems);
        EstimateView view = new EstimateView(request, surveys, problems);
        Model model = models.find(request.model()).orElse(null);
        if (model != null && canBeOpened(model, request)) {
            measure(request, model, surveys, view, problems);
        }
        return view.answer();
    }

    /** A blueprint has a tokenizer only where a supervised job trains one. */
    private static boolean canBeOpened(Model model, JobRequest request) {
        return model.kind() != Model.Kind.BLUEPRINT || request.method().kind() == JobMethod.Kind.SUPERVISED;
    }

    private void measure(JobRequest request, Model model, Surveys surveys, EstimateView view, Problems problems) {
        Survey<Example> training = surveys.training();
        List<Example> examples = training == null ? List.of() : training.kept();
        Path scratch = scratch();
        try (Forecast forecast = Forecast.of(JobModels.startingPoint(model), request.resolve(), examples, scratch)) {
            view.tokenizer(forecast, model.kind() == Model.Kind.BLUEPRINT);
            surveys.measure(forecast, problems);
            Survey<?> learned = surveys.learned();
            if (learned != null) {
                Forecast.Length length = forecast.length(surveys.rows());
                double tokens = learned.tokensPerRow() + forecast.longestReply();
                view.length(length, pace.of(request, length, forecast.operations(length, tokens)));
            }
        } catch (IllegalArgumentException e) { // of a model that cannot be opened, or not for dialogues
            problems.add("invalid_value", "model", Objects.toString(e.getMessage()), null);
        } finally {
            remove(scratch);
        }
    }

    private static Path scratch() {
        try {
            return Files.createTempDirectory("rehearse-estimate");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void remove(Path scratch) {
        try {
            FileSystemUtils.deleteRecursively(scratch);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
