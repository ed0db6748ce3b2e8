package dev.rehearse.grading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.grading.ChatModels.Answer;
import dev.rehearse.grading.ChatModels.Question;
import dev.rehearse.grading.ChatModels.SamplingParams;
import dev.rehearse.grading.ChatModels.Turn;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelGraderTest {
    private static final ModelInput INPUT = new ModelInput(List.of(
            new ModelInput.Message("system", Template.parse("Be strict.")),
            new ModelInput.Message("user", Template.parse("{{item.answer}} or {{sample.output_text}}?"))));

    private static Grade grade(Grader grader, ChatModels models) {
        Services none = Services.none(() -> 0);
        Services services = new Services(none.embedding(), models, none.servers(), none.nanoTime());
        return grader.grade(List.of(Subject.of(Map.of("answer", "tea"), new Sample("milk"))), services)
                .get(0);
    }

    private static ChatModels says(String text) {
        return question -> new Answer(text, new Tokens(question.model(), 11, 3));
    }

    private static ScoreModel score(double least, double most) {
        return new ScoreModel("s", "judge", INPUT, new ScoreModel.Range(least, most), SamplingParams.USUAL);
    }

    private static LabelModel label() {
        return new LabelModel(
                "l", "judge", INPUT, List.of("good", "bad", "7"), List.of("good", "7"), SamplingParams.USUAL);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    0.7                                       | 0.7
                    ` 0.25 \n`                                | 0.25
                    {"result": 0.5, "steps": []}              | 0.5
                    {"result": "0.5"}                         | 0.5
                    7                                         | 1
                    -3                                        | 0
                    1e3                                       | 1
                    """)
    void theNumberIsFoundAndClipped(String answer, double expected) {
        assertThat(grade(score(0, 1), says(answer)).score()).isEqualTo(expected);
    }

    @Test
    void aFenceAroundTheAnswerIsNoPartOfIt() {
        assertThat(grade(score(0, 1), says("```json\n{\"result\": 0.5}\n```")).score())
                .isEqualTo(0.5);
        assertThat(grade(label(), says("```\ngood\n```")).score()).isEqualTo(1);
    }

    @Test
    void theRangeMayBeAnyInterval() {
        assertThat(grade(score(-10, 10), says("-7.5")).score()).isEqualTo(-7.5);
        assertThat(grade(score(2, 5), says("0")).score()).isEqualTo(2);
        assertThatThrownBy(() -> score(1, 1)).hasMessageContaining("[1.0, 1.0]");
        assertThatThrownBy(() -> score(0, Double.NaN)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "good",
                "NaN",
                "Infinity",
                "0x1p3",
                "1d",
                "{\"result\": null}",
                "{\"score\": 1}",
                "[1]",
                "0.5 of 1",
                "1,5"
            })
    void whatIsNoNumberIsAParseErrorThatStillCosts(String answer) {
        Grade grade = grade(score(0.5, 1), says(answer));
        assertThat(grade.score()).isZero();
        assertThat(grade.errors()).containsExactly(GradeError.MODEL_GRADER_PARSE_ERROR);
        assertThat(grade.calls().get(0).tokens()).isEqualTo(new Tokens("judge", 11, 3));
        assertThat(grade.failures().get(0).problem()).contains("'judge'").contains("expected a number");
        assertThat(grade.failures().get(0).byReply()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    good                 | 1
                    bad                  | 0
                    {"result": "good"}   | 1
                    {"result": 7}        | 1
                    "bad"                | 0
                    """)
    void aPassingLabelIsOne(String answer, double expected) {
        Grade grade = grade(label(), says(answer));
        assertThat(grade.errors()).isEmpty();
        assertThat(grade.score()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Good", "good.", "neither", "", "{\"label\": \"good\"}"})
    void whatIsNoLabelIsAParseError(String answer) {
        assertThat(grade(label(), says(answer)).errors()).containsExactly(GradeError.MODEL_GRADER_PARSE_ERROR);
    }

    @Test
    void labelsMustHaveThePassingOnes() {
        assertThatThrownBy(() -> new LabelModel("l", "m", INPUT, List.of("a"), List.of("b"), SamplingParams.USUAL))
                .hasMessageContaining("[b]");
        assertThatThrownBy(() -> new LabelModel("l", "m", INPUT, List.of("a"), List.of(), SamplingParams.USUAL))
                .hasMessageContaining("passing_labels is empty");
    }

    @Test
    void theModelIsAskedWithTheHolesFilled() {
        SamplingParams params = new SamplingParams(0.5, 0.9, 7, 20, "low");
        Question[] asked = new Question[1];
        ScoreModel grader = new ScoreModel("s", "judge", INPUT, ScoreModel.Range.USUAL, params);
        grade(grader, question -> {
            asked[0] = question;
            return new Answer("1", new Tokens("judge", 1, 1));
        });
        assertThat(asked[0])
                .isEqualTo(new Question(
                        "judge", List.of(new Turn("system", "Be strict."), new Turn("user", "tea or milk?")), params));
    }

    @Test
    void aModelThatCannotBeAskedIsAServerError() {
        Grade grade = grade(score(0, 1), question -> {
            throw new GraderUnavailable(GradeError.MODEL_GRADER_SERVER_ERROR, "gone");
        });
        assertThat(grade.errors()).containsExactly(GradeError.MODEL_GRADER_SERVER_ERROR);
        assertThat(grade.failures().get(0).problem()).isEqualTo("gone");
    }

    @Test
    void inputMustHaveAMessageAndARoleThatCanSpeak() {
        assertThatThrownBy(() -> new ModelInput(List.of())).hasMessageContaining("empty");
        assertThatThrownBy(() -> new ModelInput.Message("tool", Template.parse("x")))
                .hasMessageContaining("role is 'tool'");
    }
}
