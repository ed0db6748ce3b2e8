package dev.rehearse.jobs;

import dev.rehearse.files.FileId;
import dev.rehearse.files.FileStore;
import dev.rehearse.files.Purpose;
import dev.rehearse.files.StoredFile;
import dev.rehearse.grading.Grader;
import dev.rehearse.models.Model;
import dev.rehearse.models.ModelCatalog;
import dev.rehearse.training.InvalidSettingException;
import dev.rehearse.training.Method;
import dev.rehearse.web.ApiException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Whether this service can do what a job's request asks for: its models, files, graders and memory. Thread-safe. */
@Component
final class JobChecks {
    static final String REPLAY_FILE = "method.reinforcement." + JobMethod.REPLAY_FILE;

    private final ModelCatalog models;
    private final FileStore files;
    private final GraderChecks graders;
    private final FreeMemory memory;

    JobChecks(ModelCatalog models, FileStore files, GraderChecks graders, FreeMemory memory) {
        this.models = models;
        this.files = files;
        this.graders = graders;
        this.memory = memory;
    }

    /**
     * Looks at all of it; inside a transaction the files stay until it ends.
     *
     * @throws ApiException 404 for an unknown model, 400 for what cannot be used
     */
    void check(JobRequest request) {
        each(request).forEach(Runnable::run);
    }

    /** The same one by one: each may fail whatever the others say. */
    List<Runnable> each(JobRequest request) {
        List<Runnable> checks = new ArrayList<>();
        if (request.resolve() instanceof Method.Reinforcement method) {
            checks.add(() -> checkMemory(method));
            checks.add(() -> checkGrader(method));
        }
        checks.add(() -> checkModel(request));
        // Before the training file, which is the same where it was left out.
        checks.add(() -> checkFile(REPLAY_FILE, request.method().replayFile()));
        checks.add(() -> checkFile("training_file", request.trainingFile()));
        checks.add(() -> checkFile("validation_file", request.validationFile()));
        return checks;
    }

    private void checkModel(JobRequest request) {
        Model model = models.require(request.model());
        if (model.kind() == Model.Kind.BLUEPRINT && request.method().kind() == JobMethod.Kind.REINFORCEMENT) {
            throw ApiException.invalid(
                    "invalid_value",
                    "model",
                    "Invalid 'model': " + model.id() + " has learned nothing yet, so its replies are noise. Allowed for"
                            + " reinforcement: a model with weights, e.g. one that a supervised job made.");
        }
        try {
            request.resolve().check(JobModels.startingPoint(model));
        } catch (InvalidSettingException e) {
            throw JobRequestReader.refusal(request.method(), e);
        }
    }

    private void checkGrader(Method.Reinforcement method) {
        Grader grader = method.grader();
        if (grader != null) {
            graders.check(grader, "method.reinforcement.grader");
        }
    }

    private void checkMemory(Method.Reinforcement method) {
        long bytes = method.settings().replayBytes();
        long free = memory.now().toBytes();
        if (bytes > free) {
            String param = "method.reinforcement.dqn.replay_bytes";
            throw ApiException.invalid(
                    "invalid_value",
                    param,
                    "Invalid '" + param + "': the replay memory may take " + bytes + " bytes, but " + free
                            + " are free. Allowed: at most what is free.");
        }
    }

    private void checkFile(String param, @Nullable FileId id) {
        if (id == null) {
            return;
        }
        StoredFile file = files.lock(id)
                .orElseThrow(() -> ApiException.invalid(
                        "invalid_value", param, "Invalid '" + param + "': there is no file " + id + "."));
        if (file.purpose() != Purpose.FINE_TUNE) {
            throw ApiException.invalid(
                    "invalid_value",
                    param,
                    "Invalid '" + param + "': the purpose of " + id + " is '"
                            + file.purpose().wireName() + "'. Allowed: 'fine-tune'.");
        }
    }
}
