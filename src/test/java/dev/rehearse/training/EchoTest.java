package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.generation.Generator;
import dev.rehearse.generation.Generator.Behaviour;
import dev.rehearse.grading.Grader;
import dev.rehearse.grading.Grading;
import dev.rehearse.grading.StringCheck;
import dev.rehearse.grading.Template;
import dev.rehearse.networks.Decoding;
import dev.rehearse.networks.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole machine learns: a reply must repeat the three letters of its prompt. Supervised training learns it roughly;
 * reinforcement from a grader that says right or wrong then learns it better, and from one that says nothing it does not.
 */
class EchoTest {
    private static final String LETTERS = "abcdef";
    private static final int HELD_OUT = 66;
    private static final int UPDATES = 160;

    @TempDir
    static Path directory;

    private static TrainingData examples;
    private static TrainingData questions;
    private static Path imitator;
    private static double start;

    @BeforeAll
    static void imitate() throws IOException {
        List<String> words = words();
        examples = data(words, true);
        questions = data(words, false);
        Path model = TinyModel.write(directory.resolve("model"), LETTERS + "=");
        Method method = Method.supervised(Map.of(
                "hyperparameters",
                Map.of("n_epochs", 50, "batch_size", 32),
                "learning_rate",
                4e-3,
                "dropout",
                0,
                "max_steps",
                90));
        RunResult result = run(TinyModel.spec(model, examples, method, directory.resolve("supervised")));
        imitator = result.best().get(0).directory();
        start = sampledReward(imitator);
    }

    /** All words of three letters, shuffled. */
    private static List<String> words() {
        List<String> words = new ArrayList<>();
        for (char first : LETTERS.toCharArray()) {
            for (char second : LETTERS.toCharArray()) {
                for (char third : LETTERS.toCharArray()) {
                    words.add("" + first + second + third);
                }
            }
        }
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
        for (int i = words.size() - 1; i > 0; i--) {
            Collections.swap(words, i, random.nextInt(i + 1));
        }
        return words;
    }

    private static TrainingData data(List<String> words, boolean shown) {
        List<Example> all = IntStream.range(0, words.size())
                .mapToObj(i -> shown
                        ? TinyModel.example(i + 1, words.get(i) + "=", words.get(i))
                        : TinyModel.question(i + 1, words.get(i) + "=", words.get(i)))
                .toList();
        return new TrainingData(all.subList(HELD_OUT, all.size()), all.subList(0, HELD_OUT));
    }

    private static Grader rightOrWrong(String reference) {
        return new StringCheck(
                "", Template.parse("{{sample.output_text}}"), Template.parse(reference), StringCheck.Operation.EQ);
    }

    private static RunResult run(RunSpec spec) {
        return new Trainer(TinyModel.device(), Grading.ofTexts(() -> 0), () -> 0).run(spec, Recording.toTheEnd());
    }

    private static RunResult reinforced(Grader grader, int evalInterval, String name) throws IOException {
        Method method = Method.reinforcement(
                grader,
                Map.of(
                        "hyperparameters", Map.of("batch_size", 32, "eval_interval", evalInterval),
                        "dqn",
                                Map.of(
                                        "max_steps",
                                        UPDATES,
                                        "max_completion_tokens",
                                        6,
                                        "learning_rate",
                                        3e-3,
                                        "value_learning_rate",
                                        3e-3,
                                        "target",
                                        Map.of("tau", 0.1),
                                        "weight_average",
                                        0.95)));
        return run(TinyModel.spec(imitator, questions, method, directory.resolve(name)));
    }

    /** Share of right replies to held-out prompts, four drawn for each. */
    private static double sampledReward(Path model) {
        Grader grader = rightOrWrong("{{item.answer}}");
        try (StartingModel opened = TinyModel.open(model);
                Decoding decoding = opened.network().decoding(HELD_OUT, TinyModel.CONTEXT, Device.Priority.TRAINING)) {
            Play play = new Play(Grading.ofTexts(() -> 0), grader, opened.tokenizer(), Recording.toTheEnd(), () -> 0);
            Generator generator =
                    new Generator(decoding, new int[] {opened.tokenizer().endId()}, 6);
            List<int[]> prompts = EncodedExamples.prompts(questions.validation(), opened.template(), TinyModel.CONTEXT);
            List<Play.Task> tasks = IntStream.range(0, HELD_OUT)
                    .mapToObj(i ->
                            new Play.Task(prompts.get(i), questions.validation().get(i)))
                    .toList();
            return IntStream.range(0, 4)
                    .mapToDouble(draw -> Play.mean(
                            Play.rewards(play.play(generator, tasks, new Behaviour.Sample(1, 0, 1_000 * draw)))))
                    .average()
                    .orElseThrow();
        }
    }

    @Test
    void imitationLearnsRoughly() {
        assertThat(start).isBetween(0.15, 0.5);
    }

    @Test
    void gradesRaiseTheSampledRewardOnPromptsNeverPlayed() throws IOException {
        RunResult result = reinforced(rightOrWrong("{{item.answer}}"), UPDATES / 4, "graded");
        assertThat(sampledReward(result.best().get(0).directory())).isGreaterThan(start + 0.3);
    }

    /** The control, on the last weights: where all grades are equal the start wins, but both are kept. */
    @Test
    void asManyUpdatesWithoutGradesDoNot() throws IOException {
        RunResult result = reinforced(rightOrWrong("never"), UPDATES, "ungraded");
        assertThat(result.best()).extracting(Checkpoint::step).containsExactly(0, UPDATES);
        assertThat(sampledReward(result.best().get(1).directory())).isLessThan(start + 0.05);
    }
}
