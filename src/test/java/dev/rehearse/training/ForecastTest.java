package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.grading.Grader;
import dev.rehearse.grading.Grading;
import dev.rehearse.grading.StringCheck;
import dev.rehearse.grading.Template;
import dev.rehearse.text.Message;
import dev.rehearse.text.Role;
import dev.rehearse.training.Forecast.Tokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ForecastTest {
    private static final Grader ANY = new StringCheck(
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

    @Test
    void rowsHaveTheTokensThatTheRunReads() {
        try (Forecast supervised = of(Method.supervised(Map.of()), List.of());
                Forecast reinforcement = of(Method.reinforcement(ANY, Map.of()), List.of())) {
            assertThat(supervised.of(TinyModel.example(1, "ab=", "ab"))).isEqualTo(new Tokens(6, 3));
            assertThat(reinforcement.of(TinyModel.question(1, "ab=", "ab"))).isEqualTo(new Tokens(3, 0));
            assertThatThrownBy(() -> supervised.of(TinyModel.example(7, "ab=", "a".repeat(20))))
                    .isInstanceOf(InvalidExampleException.class)
                    .hasMessageContaining("line 7")
                    .hasMessageContaining("context holds 16");
            assertThat(supervised.contextLength()).isEqualTo(TinyModel.CONTEXT);
            assertThat(reinforcement.longestReply()).isEqualTo(256);
            assertThat(supervised.longestReply()).isZero();
        }
    }

    @Test
    void loggedEpisodesAreCountedAsTheyAreLearned() {
        Example.Conversation.Chat dialogue =
                new Example.Conversation.Chat(List.of(new Message(Role.USER, "ab"), new Message(Role.ASSISTANT, "cd")));
        LoggedEpisode episode =
                new LoggedEpisode(1, dialogue, List.of(1.0), LoggedEpisode.End.DONE, LoggedEpisode.Teaching.RECORD);
        Method offline = Method.reinforcement(null, Method.Experience.LOGGED, Map.of());
        try (Forecast forecast = of(offline, List.of())) {
            Tokens tokens = forecast.of(episode);
            assertThat(tokens.learned()).isEqualTo(3); // two letters and the end
            assertThat(tokens.all()).isGreaterThan(5);
            assertThat(forecast.length(new Forecast.Rows(0, 0, 640))).isEqualTo(new Forecast.Length(0, 64, 10));
        }
    }

    @Test
    void aBlueprintsTokenizerIsTrainedOnTheExamples() throws IOException {
        Method method = Method.supervised(Map.of("tokenizer", Map.of("kind", "char", "lowercase", true)));
        List<Example> examples = List.of(TinyModel.example(1, "xyz", "zy"));
        Path scratch = Files.createDirectory(directory.resolve("scratch"));
        try (Forecast forecast = Forecast.of(new StartingPoint.Blueprint("gpt2-tiny"), method, examples, scratch)) {
            assertThat(forecast.of(TinyModel.example(1, "XYZ", "Z"))).isEqualTo(new Tokens(5, 2));
            assertThat(forecast.parameters()).isGreaterThan(1_000_000);
        }
    }

    @Test
    void aModelThatCannotBeOpenedIsAnIllegalArgument() {
        StartingPoint nowhere = new StartingPoint.Directory(directory);
        Method method = Method.supervised(Map.of());
        assertThatThrownBy(() -> Forecast.of(nowhere, method, List.of(), directory))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** The run itself says how many steps it will make; it is stopped there. */
    @Test
    void theStepsAreThoseThatTheRunStartsWith() throws IOException {
        int number = 0;
        for (Method method : List.of(
                Method.supervised(Map.of("hyperparameters", Map.of("batch_size", 8, "n_epochs", 3))),
                Method.supervised(Map.of()),
                Method.supervised(Map.of("max_steps", 2)),
                Method.reinforcement(
                        ANY,
                        Map.of(
                                "hyperparameters", Map.of("batch_size", 8, "compute_multiplier", 1.5),
                                "dqn", Map.of("replay_ratio", 2, "max_completion_tokens", 5))),
                Method.reinforcement(ANY, Map.of("dqn", Map.of("max_steps", 9, "max_completion_tokens", 5))))) {
            boolean shown = method instanceof Method.Supervised;
            List<Example> rows = IntStream.range(0, 50)
                    .mapToObj(
                            i -> shown ? TinyModel.example(i + 1, "ab=", "ab") : TinyModel.question(i + 1, "ab=", "ab"))
                    .toList();
            Recording recording = Recording.stoppingAfter(Progress.Started.class::isInstance);
            RunSpec spec = TinyModel.spec(
                    model, new TrainingData(rows, List.of()), method, directory.resolve("run-" + number++));
            Trainer trainer = new Trainer(TinyModel.device(), Grading.ofTexts(() -> 0), () -> 0);
            assertThatThrownBy(() -> trainer.run(spec, recording)).isInstanceOf(StoppedException.class);
            Progress.Started started = recording.of(Progress.Started.class).get(0);
            try (Forecast forecast = of(method, List.of())) {
                Forecast.Length length = forecast.length(new Forecast.Rows(50, 0, 0));
                assertThat(length.steps()).isEqualTo(started.totalSteps());
                assertThat(length.batchSize())
                        .isEqualTo(started.hyperparameters().get("batch_size"));
                assertThat(length.heldOut()).isEqualTo(2);
            }
        }
    }

    private Forecast of(Method method, List<Example> examples) {
        return Forecast.of(new StartingPoint.Directory(model), method, examples, directory);
    }
}
