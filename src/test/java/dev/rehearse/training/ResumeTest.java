package dev.rehearse.training;

import static dev.rehearse.training.TinyTraining.assertSame;
import static dev.rehearse.training.TinyTraining.metrics;
import static dev.rehearse.training.TinyTraining.run;
import static dev.rehearse.training.TinyTraining.step;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.grading.Grading;
import dev.rehearse.training.RunControl.Wish;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A run that was stopped, wherever it was, and goes on ends with the bits and the metrics of one that never was. */
@Timeout(120)
class ResumeTest {
    @TempDir
    static Path shared;

    private static final Map<String, Undisturbed> UNDISTURBED = new HashMap<>();

    private static Path model;

    @TempDir
    Path directory;

    @BeforeAll
    static void write() throws IOException {
        model = TinyModel.write(shared.resolve("model"), "abcd=");
    }

    /** A run that nothing stopped. */
    private record Undisturbed(Recording recording, RunResult result) {}

    private static Undisturbed undisturbed(TinyTraining training) throws IOException {
        if (!UNDISTURBED.containsKey(training.name())) {
            Recording recording = Recording.toTheEnd();
            RunResult result = run(training.spec(model, shared.resolve(training.name())), recording);
            UNDISTURBED.put(training.name(), new Undisturbed(recording, result));
        }
        return UNDISTURBED.get(training.name());
    }

    private RunSpec spec(TinyTraining training, String name) throws IOException {
        return training.spec(model, directory.resolve(name));
    }

    @ParameterizedTest
    @MethodSource("dev.rehearse.training.TinyTraining#sameTurns")
    void aRunThatWasSuspendedTwiceEndsAsIfItHadNotBeen(TinyTraining training) throws IOException {
        Undisturbed whole = undisturbed(training);
        RunSpec spec = spec(training, "stopped");
        List<Recording> parts = List.of(
                Recording.wishing(Wish.SUSPEND, step(4)),
                Recording.wishing(Wish.SUSPEND, step(6)),
                Recording.toTheEnd());
        assertThatThrownBy(() -> run(spec, parts.get(0))).isInstanceOf(StoppedException.class);
        assertThatThrownBy(() -> run(spec, parts.get(1))).isInstanceOf(StoppedException.class);
        assertSame(whole.result(), run(spec, parts.get(2)));
        assertThat(metrics(parts)).isEqualTo(metrics(List.of(whole.recording())));
        assertThat(parts.get(2).of(Progress.Started.class))
                .extracting(Progress.Started::step)
                .containsExactly(6);
        assertThat(parts.get(2).of(Progress.Note.class))
                .extracting(Progress.Note::text)
                .contains("Resuming from step 6");
    }

    /** Suspended at its first question, then at its second one, and so on: while it plays, learns and evaluates. */
    @ParameterizedTest
    @MethodSource("dev.rehearse.training.TinyTraining#differentTurns")
    void whereverARunIsStoppedItGoesOn(TinyTraining training) throws IOException {
        Undisturbed whole = undisturbed(training);
        RunSpec spec = spec(training, "stopped");
        List<Recording> parts = new ArrayList<>();
        RunResult actual = null;
        for (int questions = 1; actual == null; questions += 1 + questions / 3) {
            parts.add(Recording.suspendedAfter(questions));
            try {
                actual = run(spec, parts.get(parts.size() - 1));
            } catch (StoppedException e) {
                assertThat(questions).isLessThan(1000);
            }
        }
        assertThat(parts).hasSizeGreaterThan(5);
        assertSame(whole.result(), actual);
        assertThat(metrics(parts)).isEqualTo(metrics(List.of(whole.recording())));
    }

    @Test
    void timesGoOnWhereTheyWere() throws IOException {
        RunSpec spec = spec(TinyTraining.soft(), "out");
        AtomicLong clock = new AtomicLong();
        Trainer trainer = new Trainer(TinyModel.device(), Grading.ofTexts(() -> 0), () -> clock.addAndGet(1_000_000));
        Recording first = Recording.wishing(Wish.SUSPEND, step(6));
        assertThatThrownBy(() -> trainer.run(spec, first)).isInstanceOf(StoppedException.class);
        clock.addAndGet(3_600_000_000_000L);
        Recording second = Recording.toTheEnd();
        trainer.run(spec, second);
        Map<String, Double> before = first.of(Progress.Step.class).get(5).metrics();
        Map<String, Double> after = second.of(Progress.Step.class).get(0).metrics();
        for (String name : List.of("elapsed", "training", "sampling", "grading", "evaluation", "replay_blocked")) {
            String seconds = name + "_seconds";
            assertThat(after.get(seconds)).as(seconds).isBetween(before.get(seconds), before.get(seconds) + 60);
        }
        assertThat(after.get("elapsed_seconds")).isGreaterThan(before.get("elapsed_seconds"));
    }
}
