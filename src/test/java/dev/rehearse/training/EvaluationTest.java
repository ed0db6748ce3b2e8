package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.grading.Grading;
import dev.rehearse.grading.StringCheck;
import dev.rehearse.grading.Template;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Four validation prompts whose right reply is "a"; the network's replies are scripted. */
class EvaluationTest {
    private static final int STEPS = 200;
    private static final int INTERVAL = 10;

    @TempDir
    Path directory;

    private Path model;
    private StartingModel start;
    private ScriptedNetwork network;
    private Recording control = Recording.toTheEnd();

    @BeforeEach
    void open() throws IOException {
        model = TinyModel.write(directory.resolve("model"), "abcd");
        start = TinyModel.open(model);
        int[] letters = start.tokenizer().encode("ab");
        network = new ScriptedNetwork(
                start.network(), letters[0], letters[1], start.tokenizer().endId());
    }

    @AfterEach
    void close() {
        start.close();
    }

    private Evaluation evaluation(Map<String, Object> dqn) throws IOException {
        List<Example> examples = IntStream.rangeClosed(1, 4)
                .mapToObj(line -> TinyModel.question(line, "cd", "a"))
                .toList();
        StringCheck grader = new StringCheck(
                "",
                Template.parse("{{sample.output_text}}"),
                Template.parse("{{item.answer}}"),
                StringCheck.Operation.EQ);
        Method.Reinforcement method = (Method.Reinforcement)
                Method.reinforcement(grader, Map.of("hyperparameters", Map.of("eval_interval", INTERVAL), "dqn", dqn));
        RunSpec spec = TinyModel.spec(model, new TrainingData(examples, examples), method, directory.resolve("output"));
        RolloutPlan plan = new RolloutPlan(spec, method, start);
        Play play = new Play(Grading.ofTexts(() -> 0), grader, start.tokenizer(), control, () -> 0);
        return new Evaluation(TinyModel.run(spec, control), start, play, plan, network, (step, greedy) -> {});
    }

    private Evaluation started(Map<String, Object> dqn, int greedyRight, int sampledRight) throws IOException {
        Evaluation evaluation = evaluation(dqn);
        script(greedyRight, sampledRight);
        evaluation.look(0);
        return evaluation;
    }

    private Evaluation started(int greedyRight, int sampledRight) throws IOException {
        return started(Map.of("max_steps", STEPS, "value_warmup_steps", 0), greedyRight, sampledRight);
    }

    private static void after(Evaluation evaluation, int step) {
        if (evaluation.isDue(step)) {
            evaluation.look(step);
        }
    }

    private void script(int greedyRight, int sampledRight) {
        network.greedyRight = greedyRight;
        network.sampledRight = sampledRight;
    }

    private static List<Integer> steps(Evaluation evaluation) {
        return evaluation.best().stream().map(Checkpoint::step).toList();
    }

    @Test
    void aWorseGreedyRewardThanTheStartsIsNeverKeptHoweverGoodTheSampledOne() throws IOException {
        Evaluation evaluation = started(2, 0);
        script(1, 4);
        after(evaluation, INTERVAL);
        assertThat(steps(evaluation)).containsExactly(0);
    }

    @Test
    void amongThoseAsGoodAsTheStartTheBestMeanWins() throws IOException {
        Evaluation evaluation = started(2, 0);
        script(2, 3);
        after(evaluation, INTERVAL);
        script(3, 1);
        after(evaluation, 2 * INTERVAL);
        assertThat(steps(evaluation)).containsExactly(INTERVAL, 2 * INTERVAL, 0);
    }

    @Test
    void ofEqualsTheStartWins() throws IOException {
        Evaluation evaluation = started(2, 2);
        after(evaluation, INTERVAL);
        assertThat(steps(evaluation)).containsExactly(0, INTERVAL);
    }

    @Test
    void patienceEndsTheRunAndABetterEvaluationRestoresIt() throws IOException {
        Evaluation evaluation = started(Map.of("max_steps", STEPS, "value_warmup_steps", 0, "patience", 2), 2, 2);
        after(evaluation, INTERVAL);
        script(3, 3);
        after(evaluation, 2 * INTERVAL);
        after(evaluation, 3 * INTERVAL);
        assertThat(evaluation.isWorthGoingOn()).isTrue();
        after(evaluation, 4 * INTERVAL);
        assertThat(evaluation.isWorthGoingOn()).isFalse();
    }

    @Test
    void aRestoredOneKnowsTheStartsRewardTheBestThreeAndThePatienceLost() throws IOException {
        Map<String, Object> dqn = Map.of("max_steps", STEPS, "value_warmup_steps", 0, "patience", 2);
        Evaluation stopped = started(dqn, 2, 2);
        after(stopped, INTERVAL);
        Evaluation resumed = evaluation(dqn);
        resumed.restore(stopped.selected());
        assertThat(resumed.best()).isEqualTo(stopped.best());
        assertThat(resumed.isDue(INTERVAL)).isFalse();
        script(1, 4);
        after(resumed, 2 * INTERVAL);
        assertThat(steps(resumed)).containsExactly(0, INTERVAL);
        assertThat(resumed.isWorthGoingOn()).isFalse();
    }

    @Test
    void noPatienceIsLostWhileOnlyVLearns() throws IOException {
        Evaluation evaluation = started(Map.of("max_steps", STEPS, "value_warmup_steps", 20, "patience", 1), 2, 2);
        after(evaluation, INTERVAL);
        after(evaluation, 2 * INTERVAL);
        assertThat(evaluation.isWorthGoingOn()).isTrue();
        assertThat(network.greedyPlays).isEqualTo(1);
        after(evaluation, 3 * INTERVAL);
        assertThat(evaluation.isWorthGoingOn()).isFalse();
    }

    @Test
    void itEvaluatesAtItsIntervalAndAtTheEnd() throws IOException {
        Evaluation evaluation = started(Map.of("max_steps", 25, "value_warmup_steps", 0), 2, 2);
        for (int step = 1; step <= 25; step++) {
            after(evaluation, step);
        }
        assertThat(control.of(Progress.Evaluated.class))
                .extracting(Progress.Evaluated::step)
                .containsExactly(0, 10, 20, 25);
    }

    @Test
    void greedyAndSampledRewardsAreReportedApart() throws IOException {
        started(3, 1);
        assertThat(control.of(Progress.Evaluated.class).get(0).metrics())
                .containsEntry("valid_reward_mean", 0.75)
                .containsEntry("full_valid_mean_reward", 0.75)
                .containsEntry("valid_sampled_reward_mean", 0.25)
                .containsEntry("valid_cut_off_share", 0.0);
    }

    @Test
    void aStopBeforeTheFirstEvaluationIsObeyedAtOnce() throws IOException {
        control = Recording.stoppedBeforehand();
        Evaluation evaluation = evaluation(Map.of());
        assertThatThrownBy(() -> evaluation.look(0)).isInstanceOf(StoppedException.class);
        assertThat(network.greedyPlays).isZero();
    }
}
