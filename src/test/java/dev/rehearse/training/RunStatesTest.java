package dev.rehearse.training;

import static dev.rehearse.training.TinyTraining.assertSame;
import static dev.rehearse.training.TinyTraining.run;
import static dev.rehearse.training.TinyTraining.step;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.training.RunControl.Wish;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What runs leave when they are killed, paused or cannot write, and what the next one makes of it. */
@Timeout(120)
class RunStatesTest {
    @TempDir
    static Path shared;

    private static Path model;
    private static RunResult undisturbed;

    @TempDir
    Path directory;

    @BeforeAll
    static void runUndisturbed() throws IOException {
        model = TinyModel.write(shared.resolve("model"), "abcd=");
        undisturbed = run(TinyTraining.soft().spec(model, shared.resolve("whole")), Recording.toTheEnd());
    }

    private RunSpec spec(TinyTraining training, String name) throws IOException {
        return training.spec(model, directory.resolve(name));
    }

    /** A process that dies tells nobody. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    /** Saves after one step and dies after another. */
    private static Recording savedAndKilled(int saved, int killed) {
        return Recording.wishing(Wish.SAVE, progress -> {
            if (step(killed).test(progress)) {
                throw new Killed();
            }
            return step(saved).test(progress);
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 11})
    void aRunThatWasKilledGoesOnFromTheStateThatItSavedLast(int killed) throws IOException {
        RunSpec spec = spec(TinyTraining.soft(), "killed");
        assertThatThrownBy(() -> run(spec, savedAndKilled(5, killed))).isInstanceOf(Killed.class);
        Recording resumed = Recording.toTheEnd();
        assertSame(undisturbed, run(spec, resumed));
        assertThat(resumed.of(Progress.Started.class))
                .extracting(Progress.Started::step)
                .containsExactly(killed > 5 ? 5 : 0);
    }

    @Test
    void aStateThatWasCutShortIsRefusedAndTheRunStartsFromItsBeginning() throws IOException {
        RunSpec spec = spec(TinyTraining.soft(), "damaged");
        assertThatThrownBy(() -> run(spec, savedAndKilled(5, 7))).isInstanceOf(Killed.class);
        Path file = spec.outputDirectory().resolve("state-1").resolve("policy.safetensors");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() - 1);
        }
        Recording restarted = Recording.toTheEnd();
        assertSame(undisturbed, run(spec, restarted));
        assertThat(restarted.of(Progress.Started.class).get(0).step()).isZero();
        assertThat(restarted.of(Progress.Note.class))
                .containsExactly(new Progress.Note(
                        Progress.Level.WARN,
                        "A saved state cannot be used: policy.safetensors is missing, cut short or changed"));
    }

    @Test
    void aSaveThatWasKilledLeavesTheStateBefore() throws IOException {
        RunSpec spec = spec(TinyTraining.soft(), "killed");
        assertThatThrownBy(() -> run(spec, savedAndKilled(5, 7))).isInstanceOf(Killed.class);
        Path half = Files.createDirectory(spec.outputDirectory().resolve("state-2.part"));
        Files.writeString(half.resolve("policy.safetensors"), "half");
        Recording resumed = Recording.toTheEnd();
        assertSame(undisturbed, run(spec, resumed));
        assertThat(resumed.of(Progress.Started.class).get(0).step()).isEqualTo(5);
        assertThat(half).doesNotExist();
    }

    @Test
    void anotherRunsStateIsRefused() throws IOException {
        RunSpec spec = spec(TinyTraining.soft(), "out");
        assertThatThrownBy(() -> run(spec, Recording.wishing(Wish.SUSPEND, step(5))))
                .isInstanceOf(StoppedException.class);
        RunSpec other = new RunSpec(spec.start(), spec.data(), spec.method(), spec.seed() + 1, spec.outputDirectory());
        Recording restarted = Recording.toTheEnd();
        run(other, restarted);
        assertThat(restarted.of(Progress.Started.class).get(0).step()).isZero();
        assertThat(restarted.of(Progress.Note.class).get(0).text()).contains("another run's");
    }

    @Test
    void aStateOfAnotherFormOfTheSameDataIsRefusedBeforeAnythingIsLearned() throws IOException {
        TinyTraining first = TinyTraining.played("small memory", Map.of(), Map.of("max_completion_tokens", 5));
        TinyTraining second = TinyTraining.played(
                "other memory", Map.of(), Map.of("max_completion_tokens", 5, "replay_capacity", 500));
        RunResult expected = run(spec(second, "whole"), Recording.toTheEnd());
        assertThatThrownBy(() -> run(spec(first, "out"), Recording.wishing(Wish.SUSPEND, step(5))))
                .isInstanceOf(StoppedException.class);
        Recording restarted = Recording.toTheEnd();
        assertSame(expected, run(spec(second, "out"), restarted));
        assertThat(restarted.of(Progress.Note.class).get(0).text()).contains("replay snapshot was written with");
    }

    @Test
    void aPauseLeavesACheckpointOfItsMomentThatIsNotAmongTheBest() throws IOException {
        RunSpec spec = spec(TinyTraining.soft(), "paused");
        List<Integer> opened = new ArrayList<>();
        Recording paused = Recording.wishing(Wish.PAUSE, step(7).or(progress -> {
            if (progress instanceof Progress.CheckpointSaved saved) {
                TinyModel.open(saved.checkpoint().directory()).close();
                opened.add(saved.checkpoint().step());
            }
            return false;
        }));
        assertThatThrownBy(() -> run(spec, paused)).isInstanceOf(StoppedException.class);
        assertThat(opened).endsWith(7);
        assertSame(undisturbed, run(spec, Recording.toTheEnd()));
        assertThat(undisturbed.best()).extracting(Checkpoint::step).doesNotContain(7);
    }

    @Test
    void aPauseWhereTheBestCheckpointWasJustWrittenWritesNoOther() throws IOException {
        RunSpec spec = spec(TinyTraining.soft(), "paused");
        Recording paused = Recording.wishing(Wish.PAUSE, progress -> progress instanceof Progress.CheckpointSaved);
        assertThatThrownBy(() -> run(spec, paused)).isInstanceOf(StoppedException.class);
        assertThat(paused.of(Progress.CheckpointSaved.class)).hasSize(1);
        assertThat(paused.of(Progress.StateSaved.class)).hasSize(1);
    }

    @Test
    void aRunThatIsBrokenOffSavesNothing() throws IOException {
        RunSpec spec = spec(TinyTraining.soft(), "stopped");
        Recording stopped = Recording.wishing(Wish.STOP, step(5));
        assertThatThrownBy(() -> run(spec, stopped)).isInstanceOf(StoppedException.class);
        assertThat(stopped.of(Progress.StateSaved.class)).isEmpty();
        assertThat(TinyModel.files(spec.outputDirectory()))
                .noneMatch(name -> name.toString().startsWith("state"));
    }

    @Test
    void oneStateIsKeptAndTheCheckpointsThatItNames() throws IOException {
        RunSpec spec = spec(TinyTraining.soft(), "out");
        assertThatThrownBy(() -> run(spec, Recording.wishing(Wish.SAVE, progress -> {
                    if (step(11).test(progress)) {
                        throw new Killed();
                    }
                    return progress instanceof Progress.Step;
                })))
                .isInstanceOf(Killed.class);
        assertThat(TinyModel.files(spec.outputDirectory()))
                .extracting(Path::toString)
                .filteredOn(name -> name.startsWith("state"))
                .containsExactly("state-10");
    }

    @Test
    void aStateThatCannotBeWrittenIsReportedAndTheRunGoesOn() throws IOException {
        RunSpec spec = spec(TinyTraining.soft(), "full");
        Path inTheWay = spec.outputDirectory().resolve("state-1");
        Recording control = Recording.wishing(Wish.SAVE, progress -> {
            if (progress instanceof Progress.Started) {
                obstruct(inTheWay);
            }
            return step(5).test(progress);
        });
        assertSame(undisturbed, run(spec, control));
        assertThat(control.of(Progress.StateNotSaved.class)).singleElement().satisfies(not -> {
            assertThat(not.step()).isEqualTo(5);
            assertThat(not.why()).contains("state-1");
        });
    }

    private static void obstruct(Path folder) {
        try {
            Files.createDirectories(folder.resolve("in the way"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
