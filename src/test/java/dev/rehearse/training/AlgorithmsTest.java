package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.grading.StringCheck;
import dev.rehearse.grading.Template;
import dev.rehearse.qlearning.Algorithm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** From a model that knows nothing, every algorithm learns the one reply that is rewarded, and what it wrote replies so. */
class AlgorithmsTest {
    private static final int UPDATES = 60;

    @TempDir
    private Path directory;

    private static TrainingData data() {
        List<Example> questions = IntStream.range(0, 16)
                .mapToObj(i -> TinyModel.question(i + 1, "ab=", "c"))
                .toList();
        return new TrainingData(questions, questions.subList(0, 8));
    }

    private static StringCheck grader() {
        return new StringCheck(
                "", Template.parse("{{sample.output_text}}"), Template.parse("c"), StringCheck.Operation.LIKE);
    }

    private RunResult run(Path start, String algorithm, Map<String, Object> dqn) throws IOException {
        Map<String, Object> settings = Map.of(
                "algorithm", algorithm,
                "hyperparameters", Map.of("batch_size", 32, "eval_interval", UPDATES),
                "dqn", dqn);
        RunSpec spec = TinyModel.spec(
                start, data(), Method.reinforcement(grader(), settings), directory.resolve(algorithm));
        return new Trainer(TinyModel.device(), () -> 0).run(spec, Recording.toTheEnd());
    }

    private static Map<String, Object> settings() {
        return new java.util.HashMap<>(Map.of(
                "max_steps", UPDATES,
                "max_completion_tokens", 1,
                "learning_rate", 3e-3,
                "value_learning_rate", 3e-2,
                "weight_average", 0.5,
                "epsilon", Map.of("start", 1, "end", 1)));
    }

    @ParameterizedTest
    @EnumSource(names = {"DQN", "ILQL", "MC"})
    void whatWasLearnedIsWhatIsServed(Algorithm algorithm) throws IOException {
        Path start = TinyModel.write(directory.resolve("start"), "abc=");
        Map<String, Object> dqn = settings();
        dqn.put("support_mask", 0);
        if (algorithm.reads(dev.rehearse.qlearning.Hyperparameter.DECODE_BETA)) {
            dqn.put("decode_beta", 8);
        }
        RunResult result = run(start, algorithm.wireName(), dqn);
        Checkpoint best = result.best().get(0);
        assertThat(best.step()).isEqualTo(UPDATES);
        assertThat(best.metrics().get("valid_reward_mean")).isEqualTo(1);
        assertThat(best.directory().resolve("value_head.json")).exists();
        try (StartingModel opened = TinyModel.open(best.directory());
                StartingModel first = TinyModel.open(start)) {
            assertThat(opened.network().heads().decodeBeta()).isPositive();
            // The trunk was left alone: what learned are the heads.
            assertThat(Files.mismatch(
                            best.directory().resolve("model.safetensors"),
                            result.best().get(result.best().size() - 1).directory().resolve("model.safetensors")))
                    .isEqualTo(-1);
        }
    }

    @Test
    void supervisedTrainingOfAModelWithQHeadsKeepsItsLanguageModelAlone() throws IOException {
        Path start = TinyModel.write(directory.resolve("start"), "abc=");
        Path guided = run(start, "dqn", settings()).best().get(0).directory();
        TrainingData examples = new TrainingData(
                List.of(TinyModel.example(1, "ab=", "c")), List.of(TinyModel.example(1, "ab=", "c")));
        Method method = Method.supervised(Map.of("max_steps", 2));
        RunSpec spec = TinyModel.spec(guided, examples, method, directory.resolve("supervised"));
        RunResult result = new Trainer(TinyModel.device(), () -> 0).run(spec, Recording.toTheEnd());
        try (StartingModel opened = TinyModel.open(result.best().get(0).directory())) {
            assertThat(opened.network().heads()).isEqualTo(dev.rehearse.networks.Heads.valueOnly());
        }
    }
}
