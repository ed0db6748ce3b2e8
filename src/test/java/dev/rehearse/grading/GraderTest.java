package dev.rehearse.grading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rehearse.grading.StringCheck.Operation;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GraderTest {
    private static final Map<String, ?> ROW = Map.of("reference", "Paris");

    @ParameterizedTest
    @CsvSource({
        "eq, Paris, 1", "eq, paris, 0", "eq, Paris., 0",
        "ne, Paris, 0", "ne, paris, 1", "neq, paris, 1",
        "like, In Paris., 1", "like, In paris., 0", "like, Par, 0",
        "ilike, IN PARIS., 1", "ilike, London, 0"
    })
    void stringCheckComparesTheReplyWithTheReference(String operation, String reply, double score) {
        assertEquals(
                score,
                grade(check(Operation.parse(operation)), ROW, new Sample(reply)).score());
    }

    @Test
    void refusesAnOperationThatIsNotTheWires() {
        assertEquals(
                "operation is 'EQ'; it must be one of eq, ne, like, ilike",
                assertThrows(IllegalArgumentException.class, () -> Operation.parse("EQ"))
                        .getMessage());
    }

    @Test
    void textSimilarityIsItsMetricOfTheRenderedTexts() {
        assertEquals(
                new Grade(8.0 / 13, Map.of(), Set.of()),
                grade(similarity(), Map.of("reference", "kitten"), new Sample("sitting")));
    }

    @Test
    void countsAMissingVariableAsAnErrorOfScoreZero() {
        assertEquals(failed(GradeError.INVALID_VARIABLE_ERROR), grade(similarity(), Map.of(), new Sample("x")));
    }

    @Test
    void countsAReplyThatIsNotJsonAsAnErrorOfScoreZero() {
        Grader grader = new StringCheck(
                "g", Template.parse("{{ sample.output_json.city }}"), Template.parse("Paris"), Operation.EQ);
        assertEquals(failed(GradeError.SAMPLE_PARSE_ERROR), grade(grader, ROW, new Sample("Paris")));
        assertEquals(1, grade(grader, ROW, new Sample("{\"city\": \"Paris\"}")).score());
    }

    @Test
    void countsAMegabyteAsAnErrorOfScoreZero() {
        assertEquals(failed(GradeError.OTHER_ERROR), grade(similarity(), ROW, new Sample("x".repeat(1 << 20))));
    }

    @Test
    void multiJoinsItsGradersByTheFormula() {
        Grade grade = grade(multi("0.8 * exact + 0.2 * close"), Map.of("reference", "kitten"), new Sample("sitting"));
        assertEquals(0.2 * 8 / 13, grade.score(), 1e-12);
        assertEquals(Map.of("exact", 0.0, "close", 8.0 / 13), grade.subScores());
    }

    @Test
    void multiKeepsTheOrderOfItsGraders() {
        Grade grade = grade(multi("exact"), ROW, new Sample("Paris"));
        assertEquals(List.of("exact", "close"), List.copyOf(grade.subScores().keySet()));
    }

    @Test
    void multiWithAFailedGraderScoresZeroEvenWhereTheFormulaWouldNot() {
        assertEquals(
                new Grade(0, Map.of("exact", 0.0, "close", 0.0), Set.of(GradeError.INVALID_VARIABLE_ERROR)),
                grade(multi("1 - exact"), Map.of(), new Sample("x")));
    }

    @Test
    void multiScoresZeroWhereTheFormulaIsNotFinite() {
        Grade grade = grade(multi("1 / exact"), ROW, new Sample("London"));
        assertEquals(0, grade.score());
        assertEquals(Set.of(GradeError.FORMULA_PARSE_ERROR), grade.errors());
    }

    @Test
    void multiRefusesAnotherMultiInside() {
        Multi inner = multi("exact");
        assertThrows(
                IllegalArgumentException.class,
                () -> new Multi("g", Map.of("inner", inner), Formula.parse("inner", Set.of("inner"))));
    }

    @Test
    void multiRefusesToBeEmpty() {
        assertThrows(IllegalArgumentException.class, () -> new Multi("g", Map.of(), Formula.parse("1", Set.of())));
    }

    @ParameterizedTest
    @CsvSource({"my-grader", "2nd", "a b", "''", "é"})
    void multiRefusesANameThatNoFormulaCouldUse(String name) {
        Grader grader = check(Operation.EQ);
        assertThrows(
                IllegalArgumentException.class,
                () -> new Multi("g", Map.of(name, grader), Formula.parse("1", Set.of())));
    }

    @Test
    void multiRefusesAFormulaOverOtherNames() {
        Formula formula = Formula.parse("other", Set.of("other"));
        Grader grader = check(Operation.EQ);
        assertThrows(IllegalArgumentException.class, () -> new Multi("g", Map.of("exact", grader), formula));
    }

    @Test
    void gradeRefusesARewardForAFailure() {
        assertThrows(IllegalArgumentException.class, () -> new Grade(1, Map.of(), Set.of(GradeError.OTHER_ERROR)));
    }

    @Test
    void gradeRefusesAScoreThatIsNotFinite() {
        assertThrows(IllegalArgumentException.class, () -> new Grade(Double.NaN, Map.of(), Set.of()));
    }

    @Test
    void errorsHaveTheKeysOfTheWire() {
        assertEquals(
                "formula_parse_error sample_parse_error truncated_observation_error unresponsive_reward_error"
                        + " invalid_variable_error other_error python_grader_server_error python_grader_runtime_error"
                        + " model_grader_server_error model_grader_refusal_error model_grader_parse_error",
                Arrays.stream(GradeError.values()).map(GradeError::wireName).collect(Collectors.joining(" ")));
    }

    /** Without the calls, whose times differ. */
    private static Grade grade(Grader grader, Map<String, ?> item, Sample sample) {
        Grade grade = grader.grade(List.of(Subject.of(item, sample)), Services.none(() -> 0))
                .get(0);
        return new Grade(grade.score(), grade.subScores(), grade.errors());
    }

    private static Grade failed(GradeError error) {
        return new Grade(0, Map.of(), Set.of(error));
    }

    private static StringCheck check(Operation operation) {
        return new StringCheck(
                "exact", Template.parse("{{ sample.output_text }}"), Template.parse("{{ item.reference }}"), operation);
    }

    private static TextSimilarity similarity() {
        return new TextSimilarity(
                "close",
                Template.parse("{{sample.output_text}}"),
                Template.parse("{{item.reference}}"),
                TextMetric.FUZZY_MATCH);
    }

    private static Multi multi(String formula) {
        Map<String, Grader> graders = new LinkedHashMap<>();
        graders.put("exact", check(Operation.EQ));
        graders.put("close", similarity());
        return new Multi("both", graders, Formula.parse(formula, graders.keySet()));
    }
}
