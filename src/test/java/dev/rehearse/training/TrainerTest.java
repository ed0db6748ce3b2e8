package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.grading.Grader;
import dev.rehearse.grading.Grading;
import dev.rehearse.grading.StringCheck;
import dev.rehearse.grading.Template;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs of a few updates. */
@Timeout(60)
class TrainerTest {
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

    private static TrainingData examples(boolean shown) {
        List<Example> all = IntStream.range(0, 40)
                .mapToObj(i -> {
                    String letters = "" + "abcd".charAt(i % 4) + "abcd".charAt(i / 4 % 4);
                    return shown
                            ? TinyModel.example(i + 1, letters + "=", letters)
                            : TinyModel.question(i + 1, letters + "=", letters);
                })
                .toList();
        return new TrainingData(all, List.of());
    }

    /** Without dropout, whose masks do not come from the run's seed. */
    private static Method supervised(int steps) {
        return Method.supervised(
                Map.of("max_steps", steps, "dropout", 0, "hyperparameters", Map.of("batch_size", 8, "n_epochs", 50)));
    }

    private static Method reinforcement(Map<String, Object> openAi, Map<String, Object> dqn) {
        return Method.reinforcement(STARTS_WITH_A, Map.of("hyperparameters", openAi, "dqn", dqn));
    }

    private static Method reinforcement(int steps) {
        return reinforcement(
                Map.of("batch_size", 8, "eval_interval", 2),
                Map.of("max_steps", steps, "max_completion_tokens", 5, "prioritized", true, "learning_rate", 1e-3));
    }

    private RunSpec spec(Method method, String name) throws IOException {
        return TinyModel.spec(model, examples(method instanceof Method.Supervised), method, directory.resolve(name));
    }

    private static RunResult run(RunSpec spec, RunControl control) {
        return new Trainer(TinyModel.device(), Grading.ofTexts(() -> 0), () -> 0).run(spec, control);
    }

    private static void assertSameBits(RunResult first, RunResult second) throws IOException {
        assertThat(second.best()).extracting(Checkpoint::step).isEqualTo(steps(first));
        for (int i = 0; i < first.best().size(); i++) {
            for (Path file : TinyModel.files(first.best().get(i).directory())) {
                byte[] expected =
                        Files.readAllBytes(first.best().get(i).directory().resolve(file));
                assertThat(second.best().get(i).directory().resolve(file)).hasBinaryContent(expected);
            }
        }
    }

    private static List<Integer> steps(RunResult result) {
        return result.best().stream().map(Checkpoint::step).toList();
    }

    @Test
    void equalSupervisedRunsEndWithTheSameBits() throws IOException {
        assertSameBits(
                run(spec(supervised(6), "first"), Recording.toTheEnd()),
                run(spec(supervised(6), "second"), Recording.toTheEnd()));
    }

    @Test
    void equalReinforcementRunsEndWithTheSameBits() throws IOException {
        assertSameBits(
                run(spec(reinforcement(6), "first"), Recording.toTheEnd()),
                run(spec(reinforcement(6), "second"), Recording.toTheEnd()));
    }

    @Test
    void anotherSeedEndsWithOtherBits() throws IOException {
        RunSpec spec = spec(supervised(6), "first");
        Path elsewhere = Files.createDirectories(directory.resolve("second"));
        RunSpec reseeded = new RunSpec(spec.start(), spec.data(), spec.method(), spec.seed() + 1, elsewhere);
        byte[] first = weights(run(spec, Recording.toTheEnd()));
        assertThat(weights(run(reseeded, Recording.toTheEnd()))).isNotEqualTo(first);
    }

    private static byte[] weights(RunResult result) throws IOException {
        return Files.readAllBytes(result.best().get(0).directory().resolve("model.safetensors"));
    }

    @Test
    void aRunReportsItsStartEveryUpdateAndItsEnd() throws IOException {
        for (Method method : List.of(supervised(4), reinforcement(4))) {
            Recording reports = Recording.toTheEnd();
            run(spec(method, method.getClass().getSimpleName()), reports);
            assertThat(reports.reports.get(0)).isInstanceOf(Progress.Started.class);
            assertThat(reports.of(Progress.Step.class))
                    .extracting(Progress.Step::step)
                    .containsExactly(1, 2, 3, 4);
            assertThat(reports.of(Progress.Evaluated.class))
                    .extracting(Progress.Evaluated::step)
                    .contains(4);
        }
    }

    @Test
    void everyReportedNumberIsFinite() throws IOException {
        for (Method method : List.of(supervised(4), reinforcement(4))) {
            Recording reports = Recording.toTheEnd();
            run(spec(method, method.getClass().getSimpleName()), reports);
            for (Progress.Step step : reports.of(Progress.Step.class)) {
                assertThat(step.metrics().values()).allMatch(Double::isFinite);
            }
            for (Progress.Evaluated evaluated : reports.of(Progress.Evaluated.class)) {
                assertThat(evaluated.metrics().values()).allMatch(Double::isFinite);
            }
        }
    }

    @Test
    void aStopIsObeyedBeforeTheNextUpdate() throws IOException {
        Method often = reinforcement(
                Map.of("batch_size", 8, "eval_interval", 100),
                Map.of("max_steps", 300, "max_completion_tokens", 5, "replay_ratio", 8));
        for (Method method : List.of(supervised(300), often)) {
            Recording control =
                    Recording.stoppingAfter(progress -> progress instanceof Progress.Step step && step.step() == 3);
            RunSpec spec = spec(method, method.getClass().getSimpleName());
            assertThatThrownBy(() -> run(spec, control)).isInstanceOf(StoppedException.class);
            assertThat(control.of(Progress.Step.class)).hasSize(3);
        }
    }

    @Test
    void aStopBeforehandWritesNothing() throws IOException {
        for (Method method : List.of(supervised(30), reinforcement(30))) {
            RunSpec spec = spec(method, method.getClass().getSimpleName());
            assertThatThrownBy(() -> run(spec, Recording.stoppedBeforehand())).isInstanceOf(StoppedException.class);
            assertThat(TinyModel.files(spec.outputDirectory())).isEmpty();
        }
    }

    @Test
    void whatWasReportedBeforeAStopStaysValid() throws IOException {
        Recording control = Recording.stoppingAfter(progress -> progress instanceof Progress.CheckpointSaved);
        assertThatThrownBy(() -> run(spec(reinforcement(30), "stopped"), control))
                .isInstanceOf(StoppedException.class);
        Checkpoint saved = control.of(Progress.CheckpointSaved.class).get(0).checkpoint();
        TinyModel.open(saved.directory()).close();
    }

    /** Examples whose row 41 is longer than any context. */
    private static TrainingData oneTooLong(boolean shown, String text) {
        List<Example> rows = new ArrayList<>(examples(shown).train());
        rows.add(shown ? TinyModel.example(41, text, "a") : TinyModel.question(41, text, "a"));
        return new TrainingData(rows, rows);
    }

    @Test
    void anInvalidRowIsNamedByItsLineAndNothingIsWritten() throws IOException {
        for (Method method : List.of(supervised(4), reinforcement(4))) {
            TrainingData data = oneTooLong(method instanceof Method.Supervised, "a".repeat(TinyModel.CONTEXT));
            RunSpec spec = TinyModel.spec(model, data, method, directory.resolve("output"));
            assertThatThrownBy(() -> run(spec, Recording.toTheEnd()))
                    .isInstanceOf(InvalidExampleException.class)
                    .hasMessageStartingWith("line 41: ");
            assertThat(TinyModel.files(spec.outputDirectory())).isEmpty();
        }
    }

    @Test
    void anInvalidRowOfTheValidationExamplesIsNamedAsOneOfThem() throws IOException {
        for (Method method : List.of(supervised(4), reinforcement(4))) {
            boolean shown = method instanceof Method.Supervised;
            List<Example> tooLong =
                    oneTooLong(shown, "a".repeat(TinyModel.CONTEXT)).validation();
            TrainingData data = new TrainingData(examples(shown).train(), tooLong);
            RunSpec spec = TinyModel.spec(model, data, method, directory.resolve("output"));
            assertThatThrownBy(() -> run(spec, Recording.toTheEnd()))
                    .isInstanceOf(InvalidExampleException.class)
                    .extracting(e -> ((InvalidExampleException) e).part())
                    .isEqualTo(InvalidExampleException.Part.VALIDATION);
        }
    }

    @Test
    void anInvalidRowLeavesNoTokenizerOfABlueprintBehind() throws IOException {
        TrainingData data = oneTooLong(true, "a b".repeat(1_000));
        Method method = Method.supervised(Map.of("tokenizer", Map.of("kind", "char"), "max_steps", 1));
        Path output = Files.createDirectories(directory.resolve("output"));
        RunSpec spec = new RunSpec(new StartingPoint.Blueprint("gpt2-tiny"), data, method, 7, output);
        assertThatThrownBy(() -> run(spec, Recording.toTheEnd()))
                .isInstanceOf(InvalidExampleException.class)
                .hasMessageStartingWith("line 41: ");
        assertThat(TinyModel.files(output)).isEmpty();
    }

    @Test
    void reinforcementOfABlueprintIsRefused() throws IOException {
        Path output = Files.createDirectories(directory.resolve("output"));
        RunSpec spec =
                new RunSpec(new StartingPoint.Blueprint("gpt2-tiny"), examples(false), reinforcement(1), 7, output);
        assertThatThrownBy(() -> run(spec, Recording.toTheEnd())).hasMessageStartingWith("gpt2-tiny ");
    }

    @Test
    void oneExampleIsEnoughToRun() throws IOException {
        for (Method method : List.of(supervised(2), reinforcement(2))) {
            Example only = examples(method instanceof Method.Supervised).train().get(0);
            RunSpec spec = TinyModel.spec(
                    model,
                    new TrainingData(List.of(only), List.of()),
                    method,
                    directory.resolve(method.getClass().getSimpleName()));
            assertThat(run(spec, Recording.toTheEnd()).best()).isNotEmpty();
        }
    }

    @Test
    void noUpdateIsMadeOfNothingWhenEachEpisodeIsDrawnOnce() throws IOException {
        Method method = reinforcement(
                Map.of("batch_size", 8, "eval_interval", 100),
                Map.of("max_steps", 12, "max_completion_tokens", 3, "max_times_sampled", 1, "replay_ratio", 8));
        Recording reports = Recording.toTheEnd();
        RunResult result = run(spec(method, "output"), reports);
        assertThat(reports.of(Progress.Step.class)).hasSize(12);
        assertThat(reports.of(Progress.Step.class))
                .allMatch(step -> Double.isFinite(step.metrics().getOrDefault("q_max", Double.NaN)));
        assertThat(result.trainedTokens()).isGreaterThan(12);
    }

    @Test
    void aMemoryOfOneEpisodeStillLearns() throws IOException {
        Method method = reinforcement(
                Map.of("batch_size", 8, "eval_interval", 100),
                Map.of("max_steps", 3, "max_completion_tokens", 3, "replay_capacity", 1, "replay_bytes", 1 << 20));
        Recording reports = Recording.toTheEnd();
        run(spec(method, "output"), reports);
        assertThat(reports.of(Progress.Step.class)).hasSize(3);
        assertThat(reports.of(Progress.Step.class).get(0).metrics()).containsEntry("replay_size", 1.0);
    }

    @Test
    void weightsThatBecameNoNumbersFailTheRunAndSayWhy() throws IOException {
        Method method = Method.supervised(Map.of(
                "max_steps", 20,
                "learning_rate", 1,
                "hyperparameters", Map.of("learning_rate_multiplier", 1e9)));
        RunSpec spec = spec(method, "output");
        assertThatThrownBy(() -> run(spec, Recording.toTheEnd()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("learning rate");
        assertThat(TinyModel.files(spec.outputDirectory())).isEmpty();
    }
}
