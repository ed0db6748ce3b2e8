package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.grading.Formula;
import dev.rehearse.grading.Grader;
import dev.rehearse.grading.Grading;
import dev.rehearse.grading.Multi;
import dev.rehearse.grading.StringCheck;
import dev.rehearse.grading.Template;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricTest {
    private static final String BEGIN = "<!-- metrics -->";
    private static final String END = "<!-- /metrics -->";

    @TempDir
    Path directory;

    /** When this fails, paste what it shows. */
    @Test
    void thePageShowsEveryMetricWithItsDefinition() throws IOException {
        String page = Files.readString(Path.of("src/docs/metrics.md"));
        assertThat(page)
                .as("src/docs/metrics.md must contain:%n%s", section())
                .containsOnlyOnce(BEGIN)
                .contains(section());
    }

    @Test
    void runsReportAllOfThemAndNothingElse() throws IOException {
        Path model = TinyModel.write(directory.resolve("model"), "abcd=");
        Set<String> reported = new TreeSet<>();
        reported.addAll(reported(model, Method.supervised(Map.of("max_steps", 2)), "supervised"));
        Map<String, Object> dqn = Map.of("max_steps", 3, "max_completion_tokens", 3, "value_warmup_steps", 1);
        Map<String, Object> openAi = Map.of("batch_size", 8, "compute_multiplier", 2, "eval_interval", 2);
        Map<String, Object> settings = Map.of("hyperparameters", openAi, "dqn", dqn);
        reported.addAll(reported(model, Method.reinforcement(grader(), settings), "reinforcement"));
        for (String name : reported) {
            assertThat(Arrays.stream(Metric.values())
                            .filter(metric -> pattern(metric).matcher(name).matches()))
                    .as(name)
                    .isNotEmpty();
        }
        for (Metric metric : Metric.values()) {
            assertThat(reported).as(metric.wireName()).anyMatch(pattern(metric).asMatchPredicate());
        }
    }

    private static Set<String> reported(Path model, Method method, String name) throws IOException {
        boolean shown = method instanceof Method.Supervised;
        List<Example> rows = IntStream.range(0, 40)
                .mapToObj(i -> shown ? TinyModel.example(i + 1, "ab=", "ab") : TinyModel.question(i + 1, "ab=", "ab"))
                .toList();
        Recording recording = Recording.toTheEnd();
        RunSpec spec =
                TinyModel.spec(model, new TrainingData(rows, List.of()), method, model.resolveSibling("run-" + name));
        new Trainer(TinyModel.device(), Grading.ofTexts(() -> 0), () -> 0).run(spec, recording);
        Set<String> names = new TreeSet<>();
        recording
                .of(Progress.Step.class)
                .forEach(step -> names.addAll(step.metrics().keySet()));
        recording
                .of(Progress.Evaluated.class)
                .forEach(look -> names.addAll(look.metrics().keySet()));
        recording
                .of(Progress.CheckpointSaved.class)
                .forEach(saved -> names.addAll(saved.checkpoint().metrics().keySet()));
        return names;
    }

    private static Grader grader() {
        Template reply = Template.parse("{{sample.output_text}}");
        Grader likes = new StringCheck("", reply, Template.parse("a"), StringCheck.Operation.LIKE);
        return new Multi("", Map.of("likes", likes), Formula.parse("likes", Set.of("likes")));
    }

    private static Pattern pattern(Metric metric) {
        return Pattern.compile(metric.wireName()
                .replace("<set>", "(train|valid|valid_sampled)")
                .replace("<grader>", "likes"));
    }

    private static String section() {
        return Arrays.stream(Metric.values())
                .map(metric -> "| `%s` | %s | %s |"
                        .formatted(
                                metric.wireName(),
                                metric.of().words(),
                                metric.definition().replace("|", "\\|")))
                .collect(Collectors.joining(
                        "\n", BEGIN + "\n| metric | of | definition |\n|---|---|---|\n", "\n" + END));
    }
}
