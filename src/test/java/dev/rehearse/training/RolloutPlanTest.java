package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.grading.Grader;
import dev.rehearse.grading.StringCheck;
import dev.rehearse.grading.Template;
import dev.rehearse.training.Play.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RolloutPlanTest {
    private static final Grader GRADER =
            new StringCheck("", Template.parse("a"), Template.parse("a"), StringCheck.Operation.EQ);

    @TempDir
    Path directory;

    private Path model;
    private StartingModel start;

    @BeforeEach
    void open() throws IOException {
        model = TinyModel.write(directory.resolve("model"), "abcdefghij");
        start = TinyModel.open(model);
    }

    @AfterEach
    void close() {
        start.close();
    }

    private RolloutPlan plan(int prompts, Map<String, Object> openAi, Map<String, Object> dqn) {
        List<Example> examples = IntStream.range(0, prompts)
                .mapToObj(i -> TinyModel.question(i + 1, "abcdefghij".charAt(i % 10) + "ab".repeat(i % 3), "x"))
                .toList();
        Method method = Method.reinforcement(GRADER, Map.of("hyperparameters", openAi, "dqn", dqn));
        try {
            RunSpec spec = TinyModel.spec(
                    model,
                    new TrainingData(examples, examples.subList(0, Math.min(3, prompts))),
                    method,
                    directory.resolve("output"));
            return new RolloutPlan(spec, (Method.Reinforcement) method, start);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** How often each line was played in so many rounds. */
    private static Map<Integer, Long> plays(RolloutPlan plan, int rounds) {
        List<Task> played = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            played.addAll(plan.nextPrompts());
        }
        return played.stream()
                .collect(Collectors.groupingBy(task -> task.example().line(), Collectors.counting()));
    }

    @Test
    void eachPromptIsPlayedOnceAnEpoch() {
        RolloutPlan plan = plan(12, Map.of("batch_size", 4), Map.of());
        assertThat(plays(plan, 3)).hasSize(12).containsValue(1L).doesNotContainValue(2L);
        assertThat(plays(plan, 3)).hasSize(12).doesNotContainValue(2L);
    }

    @Test
    void eachPromptGetsAllItsRepliesAlsoAcrossRounds() {
        RolloutPlan plan = plan(8, Map.of("batch_size", 4, "compute_multiplier", 3), Map.of());
        assertThat(plays(plan, 1).values()).containsExactlyInAnyOrder(3L, 1L);
        plan = plan(8, Map.of("batch_size", 4, "compute_multiplier", 3), Map.of());
        assertThat(plays(plan, 6).values()).hasSize(8).containsOnly(3L);
    }

    @Test
    void aRoundIsOneBatchWhateverTheNumberOfPrompts() {
        RolloutPlan plan = plan(3, Map.of("batch_size", 16), Map.of());
        assertThat(plan.nextPrompts()).hasSize(16);
    }

    @Test
    void skippedRoundsTakeTheirPromptsAndTheirSeeds() {
        RolloutPlan played = plan(12, Map.of("batch_size", 5), Map.of());
        RolloutPlan skipped = plan(12, Map.of("batch_size", 5), Map.of());
        for (int round = 0; round < 4; round++) {
            played.nextPrompts();
            played.nextSeed();
        }
        skipped.skip(4);
        assertThat(lines(skipped)).isEqualTo(lines(played));
        assertThat(skipped.nextSeed()).isEqualTo(played.nextSeed());
    }

    @Test
    void theSeedAloneDecidesTheOrder() {
        RolloutPlan first = plan(12, Map.of("batch_size", 12), Map.of());
        RolloutPlan second = plan(12, Map.of("batch_size", 12), Map.of());
        List<Integer> lines = lines(first);
        assertThat(lines(second)).isEqualTo(lines);
        assertThat(second.nextSeed()).isEqualTo(first.nextSeed());
        assertThat(lines(second)).isNotEqualTo(lines);
    }

    private static List<Integer> lines(RolloutPlan plan) {
        return plan.nextPrompts().stream().map(task -> task.example().line()).toList();
    }

    @Test
    void anEpochMakesAsManyUpdatesAsItsEpisodesAllow() {
        Map<String, Object> openAi = Map.of("batch_size", 4, "n_epochs", 2, "compute_multiplier", 3);
        assertThat(plan(10, openAi, Map.of()).totalSteps()).isEqualTo(15);
        assertThat(plan(10, openAi, Map.of("replay_ratio", 2)).totalSteps()).isEqualTo(30);
        assertThat(plan(10, openAi, Map.of("max_steps", 7)).totalSteps()).isEqualTo(7);
        assertThat(plan(1, Map.of(), Map.of()).totalSteps()).isEqualTo(1);
    }

    @Test
    void learningStartsAfterATenthOfTheRunAtMostAndNeverBeforeOneBatch() {
        Map<String, Object> small = Map.of("batch_size", 4);
        assertThat(plan(10, small, Map.of("learning_starts", 30, "max_steps", 100))
                        .learningStarts())
                .isEqualTo(30);
        assertThat(plan(10, small, Map.of("learning_starts", 1_000, "max_steps", 100))
                        .learningStarts())
                .isEqualTo(40);
        assertThat(plan(10, small, Map.of("learning_starts", 1, "max_steps", 100))
                        .learningStarts())
                .isEqualTo(4);
        assertThat(plan(10, small, Map.of("learning_starts", 1_000, "max_steps", 100, "replay_ratio", 4))
                        .learningStarts())
                .isEqualTo(10);
    }

    @Test
    void repliesFitTheContext() {
        assertThat(plan(3, Map.of(), Map.of("max_completion_tokens", 6)).capacity())
                .isEqualTo(5 + 6);
        assertThat(plan(3, Map.of(), Map.of()).capacity()).isEqualTo(TinyModel.CONTEXT);
    }

    @Test
    void validationStopsAtItsSamples() {
        assertThat(plan(9, Map.of("eval_samples", 2), Map.of()).validation()).hasSize(2);
        assertThat(plan(9, Map.of(), Map.of()).validation()).hasSize(3);
    }

    @Test
    void aPromptWithoutRoomNamesItsLine() {
        List<Example> examples = List.of(TinyModel.question(1, "a", "x"), TinyModel.question(5, "a".repeat(16), "x"));
        Method method = Method.reinforcement(GRADER, Map.of());
        assertThatThrownBy(() -> new RolloutPlan(
                        TinyModel.spec(
                                model, new TrainingData(examples, examples), method, directory.resolve("output")),
                        (Method.Reinforcement) method,
                        start))
                .hasMessageStartingWith("line 5: ");
    }
}
