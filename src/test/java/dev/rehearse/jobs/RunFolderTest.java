package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.web.DataDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
    private static final JobId JOB = new JobId("ftjob-000000000000000000000000");

    @TempDir
    private Path data;

    private RunFolder folder;
    private Path runs;

    @BeforeEach
    void open() {
        folder = new RunFolder(new DataDirectory(data));
        runs = data.resolve("runs").resolve(JOB.value());
    }

    @Test
    void anAttemptFindsWhatTheLastOneBeforeItLeftAndNobodyElseDoes() throws IOException {
        Files.writeString(folder.start(JOB, 1).resolve("state"), "of the first");
        Path second = folder.start(JOB, 2);
        assertThat(second.resolve("state")).hasContent("of the first");
        assertThat(runs.resolve("attempt-1")).doesNotExist();
    }

    @Test
    void ofSeveralTheNewestIsTakenOver() throws IOException {
        for (int attempt : new int[] {9, 10}) {
            Path left = Files.createDirectories(runs.resolve("attempt-" + attempt));
            Files.writeString(left.resolve("state"), "of " + attempt);
        }
        assertThat(folder.start(JOB, 11).resolve("state")).hasContent("of 10");
        assertThat(runs).isDirectoryContaining("glob:**/attempt-11").isDirectoryNotContaining("glob:**/attempt-9");
    }

    @Test
    void theFirstAttemptStartsEmptyAndModelsStayWhenTheRestIsCleared() throws IOException {
        assertThat(folder.start(JOB, 1)).isEmptyDirectory();
        Path model = Files.createDirectories(runs.resolve("models").resolve("attempt-1"));
        folder.clear(JOB);
        assertThat(model).exists();
        assertThat(runs.resolve("attempt-1")).doesNotExist();
    }

    @Test
    void whereNothingRanThereIsNothingToClear() throws IOException {
        folder.clear(JOB);
        assertThat(runs).doesNotExist();
    }
}
