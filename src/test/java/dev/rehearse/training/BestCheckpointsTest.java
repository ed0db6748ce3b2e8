package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BestCheckpointsTest {
    @TempDir
    Path directory;

    private final Recording reports = Recording.toTheEnd();
    private Path output;
    private StartingModel start;
    private Run run;
    private BestCheckpoints checkpoints;

    @BeforeEach
    void open() throws IOException {
        Path model = TinyModel.write(directory.resolve("model"), "abcd");
        output = directory.resolve("output");
        TrainingData data = new TrainingData(List.of(TinyModel.example(1, "a", "b")), List.of());
        start = TinyModel.open(model);
        RunSpec spec = TinyModel.spec(model, data, Method.supervised(Map.of()), output);
        run = TinyModel.run(spec, reports);
        checkpoints = new BestCheckpoints(run, start);
    }

    @AfterEach
    void close() {
        start.close();
    }

    private boolean offer(int step, double score) {
        return checkpoints.offer(step, start.network(), score, Map.of("score", score));
    }

    private List<Integer> steps() {
        return checkpoints.best().stream().map(Checkpoint::step).toList();
    }

    @Test
    void theBestThreeAreKeptBestFirst() {
        offer(0, 0.5);
        offer(1, 0.1);
        offer(2, 0.9);
        offer(3, 0.7);
        offer(4, 0.6);
        assertThat(steps()).containsExactly(2, 3, 4);
    }

    @Test
    void onlyTheBestOfAllSoFarIsCalledBest() {
        assertThat(offer(0, 0.5)).isTrue();
        assertThat(offer(1, 0.4)).isFalse();
        assertThat(offer(2, 0.6)).isTrue();
        assertThat(offer(3, 0.6)).isFalse();
    }

    @Test
    void whatIsOvertakenIsReportedAndItsDirectoryIsGone() throws IOException {
        for (int step = 0; step < 4; step++) {
            offer(step, step);
        }
        assertThat(TinyModel.files(output))
                .containsExactly(Path.of("checkpoint-1"), Path.of("checkpoint-2"), Path.of("checkpoint-3"));
        assertThat(reports.of(Progress.CheckpointDropped.class))
                .extracting(dropped -> dropped.checkpoint().step())
                .containsExactly(0);
    }

    @Test
    void whatIsWorseThanAllThreeIsNeverWritten() throws IOException {
        for (int step = 0; step < 4; step++) {
            offer(step, -step);
        }
        assertThat(TinyModel.files(output)).hasSize(3);
        assertThat(reports.of(Progress.CheckpointSaved.class)).hasSize(3);
    }

    @Test
    void ofEqualsTheEarlierIsKeptAndStandsFirst() {
        for (int step = 0; step < 5; step++) {
            offer(step, 0.5);
        }
        assertThat(steps()).containsExactly(0, 1, 2);
        assertThat(reports.of(Progress.CheckpointSaved.class)).hasSize(3);
    }

    @Test
    void aScoreThatIsNoNumberIsNeitherBestNorWritten() throws IOException {
        assertThat(checkpoints.offer(0, start.network(), Double.NaN, Map.of())).isFalse();
        offer(1, 0.5);
        assertThat(checkpoints.offer(2, start.network(), Double.NaN, Map.of())).isFalse();
        assertThat(steps()).containsExactly(1);
        assertThat(TinyModel.files(output)).containsExactly(Path.of("checkpoint-1"));
    }

    @Test
    void aCheckpointIsCompleteWhenItIsReported() {
        offer(3, 0.5);
        Checkpoint saved = reports.of(Progress.CheckpointSaved.class).get(0).checkpoint();
        assertThat(saved.metrics()).isEqualTo(Map.of("score", 0.5, "selection_score", 0.5));
        assertThat(Files.isRegularFile(saved.directory().resolve("model.safetensors")))
                .isTrue();
    }

    private void save() {
        RunState.Selected selected = new RunState.Selected(0, 0, 0, checkpoints.ranking(), null);
        RunState state = new RunState(run.states().identity(), 0, 0, new RunState.Spent(0, 0, 0, 0), selected, null);
        run.states().save(new RunContents(state, Map.of(), null, start.network()));
    }

    @Test
    void whatTheSavedStateNamesStaysUntilANewerStateIsSaved() {
        for (int step = 0; step < 3; step++) {
            offer(step, step);
        }
        save();
        offer(3, 3);
        offer(4, 4);
        assertThat(output.resolve("checkpoint-0")).exists();
        assertThat(output.resolve("checkpoint-1")).exists();
        save();
        assertThat(output.resolve("checkpoint-0")).doesNotExist();
        assertThat(output.resolve("checkpoint-1")).doesNotExist();
        assertThat(output.resolve("checkpoint-2")).exists();
    }

    @Test
    void theRankingComesBackWithItsScores() {
        for (int step = 0; step < 4; step++) {
            offer(step, -step);
        }
        BestCheckpoints restored = new BestCheckpoints(run, start);
        restored.restore(checkpoints.ranking());
        assertThat(restored.best()).isEqualTo(checkpoints.best());
        assertThat(restored.offer(9, start.network(), -1.5, Map.of())).isFalse();
        assertThat(restored.best()).extracting(Checkpoint::step).containsExactly(0, 1, 9);
    }
}
