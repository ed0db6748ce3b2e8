package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.generation.Generator;
import dev.rehearse.generation.Generator.Behaviour;
import dev.rehearse.grading.Grading;
import dev.rehearse.grading.StringCheck;
import dev.rehearse.grading.Template;
import dev.rehearse.grading.TooManyGraderErrors;
import dev.rehearse.networks.Decoding;
import dev.rehearse.networks.Device;
import dev.rehearse.training.Play.Outcome;
import dev.rehearse.training.Play.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sampled replies of an untrained network, whose lengths differ. */
class PlayTest {
    private static final int REPLIES = 40;

    @TempDir
    Path directory;

    private StartingModel model;
    private Decoding decoding;
    private Generator generator;
    private final Recording control = Recording.toTheEnd();

    @BeforeEach
    void open() throws IOException {
        model = TinyModel.open(TinyModel.write(directory, "abcd"));
        decoding = model.network().decoding(REPLIES, TinyModel.CONTEXT, Device.Priority.TRAINING);
        generator = new Generator(decoding, new int[] {model.tokenizer().endId()}, 8);
    }

    @AfterEach
    void close() {
        decoding.close();
        model.close();
    }

    /** Whether the reply begins as the row says. */
    private Play play(String reference) {
        StringCheck grader = new StringCheck(
                "begins",
                Template.parse("{{sample.output_text}}"),
                Template.parse(reference),
                StringCheck.Operation.LIKE);
        return new Play(Grading.ofTexts(() -> 0), grader, model.tokenizer(), control, () -> 0);
    }

    private List<Task> tasks() {
        int[] prompt = model.tokenizer().encode("ab");
        return IntStream.range(0, REPLIES)
                .mapToObj(i -> new Task(prompt, TinyModel.question(i + 1, "ab", "" + "abcd".charAt(i % 4))))
                .toList();
    }

    @Test
    void eachRewardIsOfItsOwnReplyAndRow() {
        List<Outcome> outcomes = play("{{item.answer}}").play(generator, tasks(), new Behaviour.Sample(1, 0, 5));
        assertThat(outcomes).hasSize(REPLIES);
        for (int i = 0; i < REPLIES; i++) {
            Outcome outcome = outcomes.get(i);
            assertThat(outcome.task().example().line()).isEqualTo(i + 1);
            assertThat(outcome.text())
                    .isEqualTo(model.tokenizer().decode(outcome.reply().tokens()));
            Object answer = outcome.task().example().item().get("answer");
            assertThat(outcome.grade().score()).isEqualTo(outcome.text().contains((String) answer) ? 1 : 0);
        }
        assertThat(outcomes).extracting(outcome -> outcome.grade().score()).contains(0.0, 1.0);
    }

    @Test
    void whatTheGraderDidIsReported() {
        List<Outcome> outcomes = play("{{item.answer}}").play(generator, tasks(), new Behaviour.Greedy());
        Progress.Graded graded = control.of(Progress.Graded.class).get(0);
        assertThat(graded.split()).isEqualTo(Progress.Split.VALID);
        assertThat(graded.graders()).singleElement().satisfies(totals -> {
            assertThat(totals.name()).isEqualTo("begins");
            assertThat(totals.calls()).isEqualTo(REPLIES);
            assertThat(totals.rewards()).isEqualTo(Play.mean(Play.rewards(outcomes)) * REPLIES);
        });
    }

    @Test
    void aRowThatNoGraderCanReadEndsTheRunWithItsReason() {
        Play play = play("{{item.colour}}");
        assertThatThrownBy(() -> play.play(generator, tasks(), new Behaviour.Greedy()))
                .isInstanceOf(TooManyGraderErrors.class)
                .hasMessageContaining("20 of 20")
                .hasMessageContaining("invalid_variable_error")
                .hasMessageContaining("colour");
    }
}
