package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.generation.Generator;
import dev.rehearse.generation.Generator.Behaviour;
import dev.rehearse.grading.Grader;
import dev.rehearse.grading.Grading;
import dev.rehearse.grading.StringCheck;
import dev.rehearse.grading.Template;
import dev.rehearse.networks.Decoding;
import dev.rehearse.networks.Device;
import dev.rehearse.text.Message;
import dev.rehearse.text.Role;
import dev.rehearse.training.Example.Conversation.Chat;
import dev.rehearse.training.LoggedEpisode.End;
import dev.rehearse.training.LoggedEpisode.Teaching;
import dev.rehearse.training.Method.Experience;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Learning from a log alone: a dialogue of two turns, where the second reply earns 1 if it is the letter asked for. */
@Timeout(60)
class OfflineTest {
    private static final String LETTERS = "abcd";
    private static final Map<String, Object> DQN = Map.of(
            "alpha",
            1,
            "kl_weight",
            0.01,
            "max_steps",
            200,
            "learning_rate",
            2e-3,
            "value_learning_rate",
            2e-3,
            "share_trunk",
            true,
            "value_warmup_steps",
            15,
            "weight_average",
            0.9,
            "target",
            Map.of("tau", 0.1));

    @TempDir
    Path directory;

    private Path model;

    @BeforeEach
    void write() throws IOException {
        model = TinyModel.write(directory.resolve("model"), LETTERS);
    }

    /** All first letters, all second letters: nothing in the log but the rewards prefers one reply to another. */
    private static List<LoggedEpisode> log() {
        List<LoggedEpisode> rows = new ArrayList<>();
        for (char asked : LETTERS.toCharArray()) {
            for (char first : LETTERS.toCharArray()) {
                for (char second : LETTERS.toCharArray()) {
                    Chat chat = new Chat(List.of(
                            new Message(Role.USER, "" + asked),
                            new Message(Role.ASSISTANT, "" + first),
                            new Message(Role.USER, "" + asked),
                            new Message(Role.ASSISTANT, "" + second)));
                    List<Double> rewards = List.of(0.0, second == asked ? 1.0 : 0.0);
                    rows.add(new LoggedEpisode(rows.size() + 1, chat, rewards, End.DONE, Teaching.RECORD));
                }
            }
        }
        return rows;
    }

    private static Method offline(Map<String, Object> dqn) {
        return Method.reinforcement(
                null, Experience.LOGGED, Map.of("hyperparameters", Map.of("batch_size", 64), "dqn", dqn));
    }

    private RunSpec spec(Method method, List<Example> train, String name) throws IOException {
        return TinyModel.spec(model, new TrainingData(train, List.of(), log()), method, directory.resolve(name));
    }

    private static RunResult run(RunSpec spec, RunControl control) {
        return new Trainer(TinyModel.device(), Grading.ofTexts(() -> 0), System::nanoTime).run(spec, control);
    }

    /** Of the second replies that are letters, the share that is the one asked for. */
    private double right(Path directory) {
        try (StartingModel opened = TinyModel.open(directory);
                Decoding decoding = opened.network().decoding(64, TinyModel.CONTEXT, Device.Priority.TRAINING)) {
            Generator generator =
                    new Generator(decoding, new int[] {opened.tokenizer().endId()}, 1);
            List<int[]> prompts = log().stream()
                    .map(row ->
                            opened.template().prompt(row.dialogue().messages().subList(0, 3)))
                    .toList();
            var replies = generator.generate(prompts, new Behaviour.Greedy());
            return IntStream.range(0, replies.length)
                            .filter(i -> opened.tokenizer()
                                    .decode(replies[i].tokens())
                                    .equals(log().get(i)
                                            .dialogue()
                                            .messages()
                                            .get(0)
                                            .content()))
                            .count()
                    / (double) replies.length;
        }
    }

    @Test
    void theRewardsOfALogTeachTheLaterReplyOfADialogue() throws IOException {
        RunResult result = run(spec(offline(DQN), List.of(), "out"), Recording.toTheEnd());
        assertThat(right(model)).isLessThan(0.5);
        assertThat(result.best().get(0).step()).isEqualTo(200);
        assertThat(right(result.best().get(0).directory())).isGreaterThan(0.9);
    }

    @Test
    void withoutAGraderTheLatestWeightsAreKeptAndNothingIsPlayed() throws IOException {
        Recording reports = Recording.toTheEnd();
        RunResult result = run(spec(offline(Map.of("max_steps", 6)), List.of(), "out"), reports);
        assertThat(result.best()).extracting(Checkpoint::step).containsExactly(6, 4, 2);
        assertThat(reports.of(Progress.Step.class))
                .hasSize(6)
                .allSatisfy(step -> assertThat(step.metrics())
                        .containsEntry("replay_size", 64.0)
                        .containsEntry("sampling_seconds", 0.0)
                        .doesNotContainKeys("train_reward_mean", "epsilon"));
        assertThat(reports.of(Progress.Evaluated.class)).isEmpty();
    }

    @Test
    void whatIsLearnedBeforeTheLogIsDrainedIsKept() throws IOException {
        Map<String, Object> once = Map.of("max_steps", 6, "max_times_sampled", 1);
        Method method = Method.reinforcement(
                null,
                Experience.LOGGED,
                Map.of("hyperparameters", Map.of("batch_size", 20, "eval_interval", 6), "dqn", once));
        RunResult result = run(spec(method, List.of(), "out"), Recording.toTheEnd());
        assertThat(result.best()).extracting(Checkpoint::step).startsWith(4);
    }

    /** Rewards whose squared errors are beyond every float; all alike, so that no scale makes them small. */
    @Test
    void aLossThatIsNoNumberFailsTheRun() throws IOException {
        List<LoggedEpisode> rows = log().stream()
                .map(row ->
                        new LoggedEpisode(row.line(), row.dialogue(), List.of(0.0, 3e38), row.end(), row.teaching()))
                .toList();
        RunSpec spec = TinyModel.spec(
                model,
                new TrainingData(List.of(), List.of(), rows),
                offline(Map.of("max_steps", 6)),
                directory.resolve("out"));
        assertThatThrownBy(() -> run(spec, Recording.toTheEnd()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not a finite number: the learning rate");
    }

    @Test
    void withAGraderTheValidationExamplesSelect() throws IOException {
        Grader grader = new StringCheck(
                "", Template.parse("{{sample.output_text}}"), Template.parse("a"), StringCheck.Operation.EQ);
        Method method = Method.reinforcement(
                grader,
                Experience.LOGGED,
                Map.of("hyperparameters", Map.of("batch_size", 32), "dqn", Map.of("max_steps", 6)));
        List<Example> asked = List.of(TinyModel.question(1, "a", "a"));
        Recording reports = Recording.toTheEnd();
        RunSpec spec =
                TinyModel.spec(model, new TrainingData(List.of(), asked, log()), method, directory.resolve("out"));
        run(spec, reports);
        assertThat(reports.of(Progress.Evaluated.class)).isNotEmpty();
        assertThat(reports.of(Progress.Step.class).get(0).metrics()).doesNotContainKey("train_reward_mean");
    }

    @Test
    void withPromptsAsWellTheMemoryStartsFilledAndReplies() throws IOException {
        Grader grader = new StringCheck(
                "", Template.parse("{{sample.output_text}}"), Template.parse("a"), StringCheck.Operation.LIKE);
        Method method = Method.reinforcement(
                grader,
                Experience.PLAYED_AND_LOGGED,
                Map.of(
                        "hyperparameters", Map.of("batch_size", 8),
                        "dqn", Map.of("max_steps", 3, "max_completion_tokens", 3, "demonstration_share", 0.5)));
        Recording reports = Recording.toTheEnd();
        run(spec(method, List.of(TinyModel.question(1, "a", "a"), TinyModel.question(2, "b", "b")), "out"), reports);
        Map<String, Double> first = reports.of(Progress.Step.class).get(0).metrics();
        assertThat(first).containsEntry("replay_size", 72.0).containsKeys("train_reward_mean", "epsilon");
    }

    @Test
    void aLogThatDoesNotFitTheMemoryIsSaidToBeCut() throws IOException {
        Recording reports = Recording.toTheEnd();
        Map<String, Object> small = Map.of("max_steps", 2, "replay_capacity", 50, "replay_bytes", 1 << 20);
        run(spec(offline(small), List.of(), "out"), reports);
        assertThat(reports.of(Progress.Note.class)).singleElement().satisfies(note -> {
            assertThat(note.level()).isEqualTo(Progress.Level.WARN);
            assertThat(note.text()).contains("14 of 64 logged episodes");
        });
    }

    @Test
    void settingsOfPlayDoNotApplyOffline() {
        for (String played :
                List.of("replay_ratio", "learning_starts", "temperature", "top_k", "max_completion_tokens")) {
            assertThatThrownBy(() -> offline(Map.of(played, 1)))
                    .isInstanceOf(InvalidSettingException.class)
                    .hasMessageStartingWith("dqn." + played + " does not apply");
        }
        assertThatThrownBy(() -> offline(Map.of("patience", 3))).hasMessageStartingWith("dqn.patience ");
        assertThatThrownBy(() -> offline(Map.of("epsilon", Map.of("start", 0.1))))
                .hasMessageStartingWith("dqn.epsilon.start ");
    }
}
