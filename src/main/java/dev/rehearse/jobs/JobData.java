package dev.rehearse.jobs;

import dev.rehearse.files.FileId;
import dev.rehearse.files.FileStore;
import dev.rehearse.training.Example;
import dev.rehearse.training.InvalidExampleException;
import dev.rehearse.training.TrainingData;
import java.util.List;
import java.util.Objects;
import org.springframework.stereotype.Component;

/** The files of a job, as examples. Thread-safe. */
@Component
final class JobData {
    private final FileStore files;
    private final TrainingRows rows;

    JobData(FileStore files, TrainingRows rows) {
        this.files = files;
        this.rows = rows;
    }

    /** @throws InvalidJobDataException when a file has a row that cannot be learned from */
    void check(JobRequest request) {
        JobMethod.Kind kind = request.method().kind();
        FileId validation = request.validationFile();
        inFile("training_file", () -> rows.check(files.content(request.trainingFile()), kind));
        if (validation != null) {
            inFile("validation_file", () -> rows.check(files.content(validation), kind));
        }
    }

    /** @throws InvalidJobDataException when a file has a row that cannot be learned from */
    TrainingData read(JobRequest request) {
        List<Example> train =
                read("training_file", request.trainingFile(), request.method().kind());
        FileId validation = request.validationFile();
        return new TrainingData(
                train,
                validation == null
                        ? List.of()
                        : read("validation_file", validation, request.method().kind()));
    }

    private List<Example> read(String param, FileId file, JobMethod.Kind kind) {
        try {
            return rows.read(files.content(file), kind);
        } catch (InvalidExampleException e) {
            throw new InvalidJobDataException(param, Objects.toString(e.getMessage()));
        }
    }

    private static void inFile(String param, Runnable check) {
        try {
            check.run();
        } catch (InvalidExampleException e) {
            throw new InvalidJobDataException(param, Objects.toString(e.getMessage()));
        }
    }
}
