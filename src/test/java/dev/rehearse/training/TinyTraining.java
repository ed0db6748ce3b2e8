package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A run of each kind, a dozen updates long, and what makes two of them equal. */
record TinyTraining(String name, Method method, TrainingData data) {
    private static final int STEPS = 12;
    private static final Map<String, Object> OPEN_AI = Map.of("batch_size", 32, "eval_interval", 3);
    private static final Grader STARTS_WITH_A = new StringCheck(
            "", Template.parse("{{sample.output_text}}"), Template.parse("a"), StringCheck.Operation.LIKE);

    @Override
    public String toString() {
        return name;
    }

    static List<Example> examples(boolean shown) {
        return IntStream.range(0, 40)
                .mapToObj(i -> {
                    String letters = "" + "abcd".charAt(i % 4) + "abcd".charAt(i / 4 % 4);
                    return shown
                            ? TinyModel.example(i + 1, letters + "=", letters)
                            : TinyModel.question(i + 1, letters + "=", letters);
                })
                .toList();
    }

    static List<LoggedEpisode> log() {
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

    private static TinyTraining supervised(String name, Map<String, Object> trainable) {
        Map<String, Object> settings = Map.of(
                "max_steps",
                STEPS,
                "dropout",
                0.3,
                "hyperparameters",
                Map.of("batch_size", 32, "n_epochs", 50),
                "trainable",
                trainable);
        return new TinyTraining(name, Method.supervised(settings), new TrainingData(examples(true), List.of()));
    }

    static TinyTraining played(String name, Map<String, Object> own, Map<String, Object> dqn) {
        Map<String, Object> settings = settings(own, dqn);
        return new TinyTraining(
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

    /** Each algorithm, way to learn in part, sampling and kind of experience at least once. */
    static Stream<TinyTraining> all() {
        Map<String, Object> whole = Map.of("kind", "all");
        Map<String, Object> shared = Map.of("max_completion_tokens", 5, "share_trunk", true);
        return Stream.of(
                supervised("supervised, with dropout", whole),
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
                new TinyTraining(
                        "mc, played and logged, prioritised",
                        Method.reinforcement(
                                STARTS_WITH_A,
                                Experience.PLAYED_AND_LOGGED,
                                settings(
                                        Map.of("algorithm", "mc"),
                                        Map.of("max_completion_tokens", 5, "prioritized", true, "share_trunk", true))),
                        new TrainingData(examples(false), List.of(), log())),
                new TinyTraining(
                        "soft_dqn, offline",
                        Method.reinforcement(null, Experience.LOGGED, settings(Map.of(), Map.of())),
                        new TrainingData(List.of(), List.of(), log())));
    }

    RunSpec spec(Path model, Path output) throws IOException {
        return TinyModel.spec(model, data, method, output);
    }

    static RunResult run(RunSpec spec, RunControl control) {
        return new Trainer(TinyModel.device(), Grading.ofTexts(() -> 0), () -> 0).run(spec, control);
    }

    /** Every weight file of the best checkpoints, by step and name. */
    private static Map<String, ByteBuffer> weights(RunResult result) throws IOException {
        Map<String, ByteBuffer> weights = new TreeMap<>();
        for (Checkpoint checkpoint : result.best()) {
            for (Path file : TinyModel.files(checkpoint.directory())) {
                if (file.toString().endsWith(".safetensors")) {
                    weights.put(
                            checkpoint.step() + " " + file,
                            ByteBuffer.wrap(
                                    Files.readAllBytes(checkpoint.directory().resolve(file))));
                }
            }
        }
        return weights;
    }

    static void assertSame(RunResult expected, RunResult actual) throws IOException {
        assertThat(actual.best())
                .extracting(Checkpoint::step)
                .isEqualTo(expected.best().stream().map(Checkpoint::step).toList());
        assertThat(actual.best())
                .extracting(Checkpoint::metrics)
                .isEqualTo(expected.best().stream().map(Checkpoint::metrics).toList());
        assertThat(actual.trainedTokens()).isEqualTo(expected.trainedTokens());
        assertThat(weights(actual)).isEqualTo(weights(expected));
    }

    /** Steps and evaluations, each once. */
    static List<Progress> metrics(List<Recording> recordings) {
        List<Progress> metrics = new ArrayList<>();
        for (Recording recording : recordings) {
            recording.reports.stream()
                    .filter(progress -> progress instanceof Progress.Step || progress instanceof Progress.Evaluated)
                    .forEach(metrics::add);
        }
        return metrics;
    }

    static Predicate<Progress> step(int step) {
        return progress -> progress instanceof Progress.Step made && made.step() == step;
    }

    /** Supervised, played, played and logged, offline: what they do between two questions differs. */
    static Stream<TinyTraining> differentTurns() {
        List<TinyTraining> all = all().toList();
        return Stream.of(0, 3, 6, 7).map(all::get);
    }

    /** The others, which take those turns too. */
    static Stream<TinyTraining> sameTurns() {
        List<TinyTraining> all = all().toList();
        return Stream.of(1, 2, 4, 5).map(all::get);
    }

    /** {@code soft_dqn}, which plays what it learns from. */
    static TinyTraining soft() {
        return all().skip(3).findFirst().orElseThrow();
    }
}
