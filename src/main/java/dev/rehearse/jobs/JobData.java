package dev.rehearse.jobs;

import dev.rehearse.files.FileId;
import dev.rehearse.files.FileStore;
import dev.rehearse.training.Example;
import dev.rehearse.training.InvalidExampleException;
import dev.rehearse.training.LoggedEpisode;
import dev.rehearse.training.Method;
import dev.rehearse.training.TrainingData;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** The files of a job, as examples. Thread-safe. */
@Component
final class JobData {
    private static final String INVALID_TRAINING_FILE = "invalid_training_file";

    private final FileStore files;
    private final TrainingRows rows;
    private final ReplayRows replayRows;

    JobData(FileStore files, TrainingRows rows, ReplayRows replayRows) {
        this.files = files;
        this.rows = rows;
        this.replayRows = replayRows;
    }

    /** @throws InvalidJobDataException when a file has a row that cannot be learned from */
    void check(JobRequest request) {
        JobMethod.Kind kind = request.method().kind();
        FileId validation = request.validationFile();
        FileId replay = request.method().replayFile();
        if (hasPrompts(request)) {
            inFile("training_file", () -> {
                rows.check(files.content(request.trainingFile()), kind);
                return true;
            });
        }
        if (validation != null) {
            inFile("validation_file", () -> {
                rows.check(files.content(validation), kind);
                return true;
            });
        }
        if (replay != null) {
            inFile(JobChecks.REPLAY_FILE, () -> {
                replayRows.check(files.content(replay));
                return true;
            });
        }
    }

    /** Reads all that the job would read, and tells every row that cannot be learned from. */
    Surveys survey(JobRequest request, Problems problems) {
        JobMethod.Kind kind = request.method().kind();
        FileId replay = request.method().replayFile();
        return new Surveys(
                hasPrompts(request) ? survey("training_file", request.trainingFile(), kind, problems) : null,
                survey("validation_file", request.validationFile(), kind, problems),
                replay == null || files.find(replay).isEmpty() ? null : survey(replay, problems));
    }

    private @Nullable Survey<Example> survey(
            String param, @Nullable FileId file, JobMethod.Kind kind, Problems problems) {
        if (file == null || files.find(file).isEmpty()) {
            return null;
        }
        Survey<Example> survey = new Survey<>(param, file);
        rows.forEach(files.content(file), kind, survey.sink(problems));
        return survey;
    }

    private Survey<LoggedEpisode> survey(FileId replay, Problems problems) {
        Survey<LoggedEpisode> survey = new Survey<>(JobChecks.REPLAY_FILE, replay);
        replayRows.forEach(files.content(replay), survey.sink(problems));
        return survey;
    }

    /** Whether the training file holds examples, and is not the replay file itself. */
    private static boolean hasPrompts(JobRequest request) {
        return request.experience() != Method.Experience.LOGGED;
    }

    /** @throws InvalidJobDataException when a file has a row that cannot be learned from */
    TrainingData read(JobRequest request) {
        JobMethod.Kind kind = request.method().kind();
        FileId replay = request.method().replayFile();
        List<Example> train = hasPrompts(request) ? examples("training_file", request.trainingFile(), kind) : List.of();
        List<LoggedEpisode> logged = replay == null
                ? List.of()
                : inFile(JobChecks.REPLAY_FILE, () -> replayRows.read(files.content(replay)));
        return new TrainingData(train, examples("validation_file", request.validationFile(), kind), logged);
    }

    private List<Example> examples(String param, @Nullable FileId file, JobMethod.Kind kind) {
        return file == null ? List.of() : inFile(param, () -> rows.read(files.content(file), kind));
    }

    /** The same failure in the terms of the request. */
    static InvalidJobDataException invalid(JobRequest request, InvalidExampleException row) {
        return switch (row.part()) {
            case TRAINING -> invalid("training_file", row);
            // perhaps held out from the training file
            case VALIDATION -> invalid(request.validationFile() != null ? "validation_file" : "training_file", row);
            case REPLAY -> invalid(JobChecks.REPLAY_FILE, row);
        };
    }

    static InvalidJobDataException invalid(String param, InvalidExampleException row) {
        String code = param.equals(JobChecks.REPLAY_FILE) ? INVALID_TRAINING_FILE : "invalid_" + param;
        return new InvalidJobDataException(code, param, Objects.toString(row.getMessage()));
    }

    private static <T> T inFile(String param, Supplier<T> reading) {
        try {
            return reading.get();
        } catch (InvalidExampleException e) {
            throw invalid(param, e);
        }
    }
}
