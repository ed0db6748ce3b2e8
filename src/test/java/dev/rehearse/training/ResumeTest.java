package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.grading.Grader;
import dev.rehearse.grading.Grading;
import dev.rehearse.grading.StringCheck;
import dev.rehearse.grading.Template;
import dev.rehearse.text.Message;
import dev.rehearse.text.Role;
import dev.rehearse.training.Example.Conversation.Chat;
import dev.rehearse.training.LoggedEpisode.End;
import dev.rehearse.training.LoggedEpisode.Teaching;
import dev.rehearse.training.Method.Experience;
import dev.rehearse.training.RunControl.Wish;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A run that was stopped, wherever it was, and goes on ends with the bits and the metrics of one that never was. */
@Timeout(120)
class ResumeTest {
    private static final int STEPS = 12;
    private static final Map<String, Object> OPEN_AI = Map.of("batch_size", 8, "eval_interval", 3);
    private static final Grader STARTS_WITH_A = new StringCheck(
            "", Template.parse("{{sample.output_text}}"), Template.parse("a"), StringCheck.Operation.LIKE);

    @TempDir
    static Path shared;

    private static Path model;

    @TempDir
    Path directory;

    @BeforeAll
    static void write() throws IOException {
        model = TinyModel.write(shared.resolve("model"), "abcd=");
    }

    private record Training(String name, Method method, TrainingData data) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static List<Example> examples(boolean shown) {
        return IntStream.range(0, 40)
                .mapToObj(i -> {
                    String letters = "" + "abcd".charAt(i % 4) + "abcd".charAt(i / 4 % 4);
                    return shown
                            ? TinyModel.example(i + 1, letters + "=", letters)
                            : TinyModel.question(i + 1, letters + "=", letters);
                })
                .toList();
    }

    private static List<LoggedEpisode> log() {
        return IntStream.range(0, 40)
                .mapToObj(i -> new LoggedEpisode(
                        i + 1,
                        new Chat(List.of(
                                new Message(Role.USER, "ab".substring(i % 2)),
                                new Message(Role.ASSISTANT, "cd".substring(i / 2 % 2)))),
                        List.of(i % 3 == 0 ? 1.0 : 0.0),
                        i % 5 == 0 ? End.OPEN : End.DONE,
                        i % 4 == 0 ? Teaching.DEMONSTRATION : Teaching.RECORD))
                .toList();
    }

    private static Training supervised(String name, Map<String, Object> trainable) {
        Map<String, Object> settings = Map.of(
                "max_steps",
                STEPS,
                "dropout",
                0.3,
                "hyperparameters",
                Map.of("batch_size", 8, "n_epochs", 50),
                "trainable",
                trainable);
        return new Training(name, Method.supervised(settings), new TrainingData(examples(true), List.of()));
    }

    private static Training played(String name, Map<String, Object> own, Map<String, Object> dqn) {
        Map<String, Object> settings = settings(own, dqn);
        return new Training(
                name, Method.reinforcement(STARTS_WITH_A, settings), new TrainingData(examples(false), List.of()));
    }

    private static Map<String, Object> settings(Map<String, Object> own, Map<String, Object> dqn) {
        Map<String, Object> all = new HashMap<>(dqn);
        all.put("max_steps", STEPS);
        all.put("value_learning_rate", 1e-2);
        Map<String, Object> settings = new HashMap<>(own);
        settings.put("hyperparameters", OPEN_AI);
        settings.put("dqn", all);
        return settings;
    }

    static Stream<Training> trainings() {
        Map<String, Object> all = Map.of("kind", "all");
        Map<String, Object> shared = Map.of("max_completion_tokens", 5, "share_trunk", true);
        return Stream.of(
                supervised("supervised, with dropout", all),
                supervised("supervised, last layer", Map.of("kind", "last_layers", "layers", 1)),
                supervised("supervised, LoRA", Map.of("kind", "lora", "rank", 2)),
                played(
                        "soft_dqn, uniform, V first, two replies learned per new one",
                        Map.of(),
                        Map.of("max_completion_tokens", 5, "value_warmup_steps", 4, "replay_ratio", 2)),
                played(
                        "dqn, prioritised, hard target",
                        Map.of("algorithm", "dqn"),
                        Map.of(
                                "max_completion_tokens",
                                5,
                                "prioritized",
                                true,
                                "share_trunk",
                                true,
                                "target",
                                Map.of("kind", "hard", "interval", 5))),
                played(
                        "ilql, LoRA",
                        Map.of("algorithm", "ilql", "trainable", Map.of("kind", "lora", "rank", 2)),
                        shared),
                new Training(
                        "mc, played and logged, prioritised",
                        Method.reinforcement(
                                STARTS_WITH_A,
                                Experience.PLAYED_AND_LOGGED,
                                settings(
                                        Map.of("algorithm", "mc"),
                                        Map.of("max_completion_tokens", 5, "prioritized", true, "share_trunk", true))),
                        new TrainingData(examples(false), List.of(), log())),
                new Training(
                        "soft_dqn, offline",
                        Method.reinforcement(null, Experience.LOGGED, settings(Map.of(), Map.of())),
                        new TrainingData(List.of(), List.of(), log())));
    }

    private RunSpec spec(Training training, String name) throws IOException {
        return TinyModel.spec(model, training.data(), training.method(), directory.resolve(name));
    }

    private static RunResult run(RunSpec spec, RunControl control) {
        return new Trainer(TinyModel.device(), Grading.ofTexts(() -> 0), () -> 0).run(spec, control);
    }

    /** Every weight file of the best checkpoints, by step and name. */
    private static Map<String, byte[]> weights(RunResult result) throws IOException {
        Map<String, byte[]> weights = new TreeMap<>();
        for (Checkpoint checkpoint : result.best()) {
            for (Path file : TinyModel.files(checkpoint.directory())) {
                if (file.toString().endsWith(".safetensors")) {
                    weights.put(
                            checkpoint.step() + " " + file,
                            Files.readAllBytes(checkpoint.directory().resolve(file)));
                }
            }
        }
        return weights;
    }

    private static void assertSame(RunResult expected, RunResult actual) throws IOException {
        assertThat(actual.best())
                .extracting(Checkpoint::step)
                .isEqualTo(expected.best().stream().map(Checkpoint::step).toList());
        assertThat(actual.best())
                .extracting(Checkpoint::metrics)
                .isEqualTo(expected.best().stream().map(Checkpoint::metrics).toList());
        assertThat(actual.trainedTokens()).isEqualTo(expected.trainedTokens());
        assertThat(weights(actual)).usingRecursiveComparison().isEqualTo(weights(expected));
    }

    /** Steps and evaluations, each once. */
    private static List<Progress> metrics(List<Recording> recordings) {
        List<Progress> metrics = new ArrayList<>();
        for (Recording recording : recordings) {
            recording.reports.stream()
                    .filter(progress -> progress instanceof Progress.Step || progress instanceof Progress.Evaluated)
                    .forEach(metrics::add);
        }
        return metrics;
    }

    private static Predicate<Progress> step(int step) {
        return progress -> progress instanceof Progress.Step made && made.step() == step;
    }

    @ParameterizedTest
    @MethodSource("trainings")
    void aRunThatWasSuspendedTwiceEndsAsIfItHadNotBeen(Training training) throws IOException {
        Recording whole = Recording.toTheEnd();
        RunResult expected = run(spec(training, "whole"), whole);
        RunSpec spec = spec(training, "stopped");
        List<Recording> parts = List.of(
                Recording.wishing(Wish.SUSPEND, step(4)),
                Recording.wishing(Wish.SUSPEND, step(6)),
                Recording.toTheEnd());
        assertThatThrownBy(() -> run(spec, parts.get(0))).isInstanceOf(StoppedException.class);
        assertThatThrownBy(() -> run(spec, parts.get(1))).isInstanceOf(StoppedException.class);
        assertSame(expected, run(spec, parts.get(2)));
        assertThat(metrics(parts)).isEqualTo(metrics(List.of(whole)));
        assertThat(parts.get(2).of(Progress.Started.class))
                .extracting(Progress.Started::step)
                .containsExactly(6);
        assertThat(parts.get(2).of(Progress.Note.class))
                .extracting(Progress.Note::text)
                .contains("Resuming from step 6");
    }

    /** Suspended at its first question, then at its second one, and so on: while it plays, learns and evaluates. */
    @ParameterizedTest
    @MethodSource("trainings")
    void whereverARunIsStoppedItGoesOn(Training training) throws IOException {
        Recording whole = Recording.toTheEnd();
        RunResult expected = run(spec(training, "whole"), whole);
        RunSpec spec = spec(training, "stopped");
        List<Recording> parts = new ArrayList<>();
        RunResult actual = null;
        for (int questions = 1; actual == null; questions += 1 + questions / 8) {
            parts.add(Recording.suspendedAfter(questions));
            try {
                actual = run(spec, parts.get(parts.size() - 1));
            } catch (StoppedException e) {
                assertThat(questions).isLessThan(1000);
            }
        }
        assertThat(parts).hasSizeGreaterThan(5);
        assertSame(expected, actual);
        assertThat(metrics(parts)).isEqualTo(metrics(List.of(whole)));
    }

    private static Training soft() {
        return trainings().skip(3).findFirst().orElseThrow();
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
        Training training = soft();
        RunResult expected = run(spec(training, "whole"), Recording.toTheEnd());
        RunSpec spec = spec(training, "killed");
        assertThatThrownBy(() -> run(spec, savedAndKilled(5, killed))).isInstanceOf(Killed.class);
        Recording resumed = Recording.toTheEnd();
        assertSame(expected, run(spec, resumed));
        assertThat(resumed.of(Progress.Started.class))
                .extracting(Progress.Started::step)
                .containsExactly(killed > 5 ? 5 : 0);
    }

    @Test
    void aStateThatWasCutShortIsRefusedAndTheRunStartsFromItsBeginning() throws IOException {
        Training training = soft();
        RunResult expected = run(spec(training, "whole"), Recording.toTheEnd());
        RunSpec spec = spec(training, "damaged");
        assertThatThrownBy(() -> run(spec, savedAndKilled(5, 7))).isInstanceOf(Killed.class);
        Path file = spec.outputDirectory().resolve("state-1").resolve("policy.safetensors");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() - 1);
        }
        Recording restarted = Recording.toTheEnd();
        assertSame(expected, run(spec, restarted));
        assertThat(restarted.of(Progress.Started.class).get(0).step()).isZero();
        assertThat(restarted.of(Progress.Note.class))
                .containsExactly(new Progress.Note(
                        Progress.Level.WARN,
                        "A saved state cannot be used: policy.safetensors is missing, cut short or changed"));
    }

    @Test
    void aSaveThatWasKilledLeavesTheStateBefore() throws IOException {
        Training training = soft();
        RunResult expected = run(spec(training, "whole"), Recording.toTheEnd());
        RunSpec spec = spec(training, "killed");
        assertThatThrownBy(() -> run(spec, savedAndKilled(5, 7))).isInstanceOf(Killed.class);
        Path half = Files.createDirectory(spec.outputDirectory().resolve("state-2.part"));
        Files.writeString(half.resolve("policy.safetensors"), "half");
        Recording resumed = Recording.toTheEnd();
        assertSame(expected, run(spec, resumed));
        assertThat(resumed.of(Progress.Started.class).get(0).step()).isEqualTo(5);
        assertThat(half).doesNotExist();
    }

    @Test
    void anotherRunsStateIsRefused() throws IOException {
        RunSpec spec = spec(soft(), "out");
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
        Training first = played("small memory", Map.of(), Map.of("max_completion_tokens", 5));
        Training second = played("other memory", Map.of(), Map.of("max_completion_tokens", 5, "replay_capacity", 500));
        RunResult expected = run(spec(second, "whole"), Recording.toTheEnd());
        assertThatThrownBy(() -> run(spec(first, "out"), Recording.wishing(Wish.SUSPEND, step(5))))
                .isInstanceOf(StoppedException.class);
        Recording restarted = Recording.toTheEnd();
        assertSame(expected, run(spec(second, "out"), restarted));
        assertThat(restarted.of(Progress.Note.class).get(0).text()).contains("replay snapshot was written with");
    }

    @Test
    void aPauseLeavesACheckpointOfItsMomentThatIsNotAmongTheBest() throws IOException {
        Training training = soft();
        RunResult expected = run(spec(training, "whole"), Recording.toTheEnd());
        RunSpec spec = spec(training, "paused");
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
        assertSame(expected, run(spec, Recording.toTheEnd()));
        assertThat(expected.best()).extracting(Checkpoint::step).doesNotContain(7);
    }

    @Test
    void aPauseWhereTheBestCheckpointWasJustWrittenWritesNoOther() throws IOException {
        RunSpec spec = spec(soft(), "paused");
        Recording paused = Recording.wishing(Wish.PAUSE, progress -> progress instanceof Progress.CheckpointSaved);
        assertThatThrownBy(() -> run(spec, paused)).isInstanceOf(StoppedException.class);
        assertThat(paused.of(Progress.CheckpointSaved.class)).hasSize(1);
        assertThat(paused.of(Progress.StateSaved.class)).hasSize(1);
    }

    @Test
    void aRunThatIsBrokenOffSavesNothing() throws IOException {
        RunSpec spec = spec(soft(), "stopped");
        Recording stopped = Recording.wishing(Wish.STOP, step(5));
        assertThatThrownBy(() -> run(spec, stopped)).isInstanceOf(StoppedException.class);
        assertThat(stopped.of(Progress.StateSaved.class)).isEmpty();
        assertThat(TinyModel.files(spec.outputDirectory()))
                .noneMatch(name -> name.toString().startsWith("state"));
    }

    @Test
    void oneStateIsKeptAndTheCheckpointsThatItNames() throws IOException {
        RunSpec spec = spec(soft(), "out");
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
        Training training = soft();
        RunResult expected = run(spec(training, "whole"), Recording.toTheEnd());
        RunSpec spec = spec(training, "full");
        Path inTheWay = spec.outputDirectory().resolve("state-1");
        Recording control = Recording.wishing(Wish.SAVE, progress -> {
            if (progress instanceof Progress.Started) {
                obstruct(inTheWay);
            }
            return step(5).test(progress);
        });
        assertSame(expected, run(spec, control));
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

    @Test
    void timesGoOnWhereTheyWere() throws IOException {
        RunSpec spec = spec(soft(), "out");
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
