package dev.rehearse.demo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.JsonNodeFactory;

class ScoresTest {
    private static final Word HELLO = word("hello", "HH AH L OW", "HH EH L OW");
    private static final Word CAT = word("cat", "K AE T");

    @Test
    void aReplyIsComparedWithTheNearestReference() {
        Graded graded = HELLO.grade("HH EH L OW Z");
        assertEquals(1, graded.errors());
        assertEquals(4, graded.length());
        assertFalse(graded.right());
        assertEquals(2.0 * 4 / 9, graded.reward());
    }

    @Test
    void anyReferenceIsRight() {
        assertTrue(HELLO.grade(" HH EH  L OW").right());
        assertTrue(HELLO.grade("HH AH L OW").right());
    }

    @Test
    void onlyTheTwoThatTheGraderKnowsCountForTheReward() {
        Word three = new Word("x", messages(), List.of("A B", "C D"), List.of("A B", "C D", "E F"));
        assertEquals(0, three.grade("E F").reward());
        assertTrue(three.grade("E F").right());
    }

    @Test
    void errorRatesAreTotalsOverTotals() {
        List<Graded> greedy = List.of(HELLO.grade("HH AH L"), CAT.grade("K AE T"), CAT.grade("D AO G Z"));
        Scores scores = new Scores(greedy, List.of(greedy));
        assertEquals((1 + 0 + 4) / (4.0 + 3 + 3), scores.phonemeErrorRate());
        assertEquals(2 / 3.0, scores.wordErrorRate());
    }

    @Test
    void sampledRewardsAreMeansOverSeeds() {
        List<Graded> right = List.of(CAT.grade("K AE T"), CAT.grade(""));
        List<Graded> wrong = List.of(CAT.grade(""), CAT.grade(""));
        assertArrayEquals(new double[] {0.5, 0}, new Scores(right, List.of(right, wrong)).sampledRewards());
    }

    @Test
    void standardErrorIsTheSampleDeviationOverTheRootOfTheCount() {
        Estimate estimate = Estimate.of(new double[] {1, 2, 3, 4});
        assertEquals(2.5, estimate.mean());
        assertEquals(Math.sqrt(5.0 / 3 / 4), estimate.standardError(), 1e-15);
    }

    @Test
    void pairsTakeOutHowHardEachWordIs() {
        double[] before = {0.1, 0.5, 0.9};
        double[] after = {0.2, 0.7, 1.0};
        Estimate difference = Estimate.ofDifference(before, after);
        assertEquals(0.4 / 3, difference.mean(), 1e-15);
        // deviations -1/30, 2/30, -1/30: variance (1 + 4 + 1) / 900 / 2
        assertEquals(Math.sqrt(6.0 / 900 / 2 / 3), difference.standardError(), 1e-15);
        assertTrue(difference.isClearRise());
        assertThrows(IllegalArgumentException.class, () -> Estimate.ofDifference(before, new double[2]));
    }

    @Test
    void aRiseWithinTwoStandardErrorsIsNotClear() {
        assertFalse(new Estimate(0.02, 0.01).isClearRise());
        assertTrue(new Estimate(0.021, 0.01).isClearRise());
        assertFalse(new Estimate(-0.5, 0.01).isClearRise());
        assertFalse(Estimate.of(new double[] {1}).isClearRise());
    }

    @Test
    void theVerdictIsPlain() {
        List<Graded> bad = List.of(HELLO.grade("HH"), CAT.grade("K"));
        List<Graded> good = List.of(HELLO.grade("HH AH L OW"), CAT.grade("K AE T"));
        String rose = text(new Scores(bad, List.of(bad)), new Scores(good, List.of(good)));
        assertTrue(rose.contains("it rose by more than two standard errors"), rose);
        assertTrue(rose.contains("it did not fall"), rose);
        String fell = text(new Scores(good, List.of(good)), new Scores(bad, List.of(bad)));
        assertTrue(fell.contains("did NOT rise"), fell);
        assertTrue(fell.contains("FELL"), fell);
    }

    @Test
    void theTableShowsWhatWasBeforeAndAfter() {
        List<Graded> bad = List.of(CAT.grade("K AE"), CAT.grade("K AE T"));
        List<Graded> good = List.of(CAT.grade("K AE T"), CAT.grade("K AE T"));
        String text = text(new Scores(bad, List.of(bad)), new Scores(good, List.of(good)));
        assertTrue(text.matches("(?s).*phoneme error rate +untrained +16\\.7% +0\\.0%\n.*"), text);
        assertTrue(text.matches("(?s).*word error rate +untrained +50\\.0% +0\\.0%\n.*"), text);
        assertTrue(
                text.matches("(?s).*sampled +untrained +0\\.9000 \\+/- 0\\.1000 +1\\.0000 \\+/- 0\\.0000"
                        + " +\\+0\\.1000 \\+/- 0\\.1000\n.*"),
                text);
        assertTrue(text.matches("(?s).*cat +K AE T +K AE +K AE T \\*\n.*"), text);
    }

    @Test
    void aBrokenRowIsNamed(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("test.jsonl"), """
                {"messages": [], "word": "cat", "reference": "K AE T", "references": ["K AE T"]}
                {"messages": [], "word": "dog"}
                """);
        assertEquals(1, Word.read(file, 1).size());
        DemoFailure failure = assertThrows(DemoFailure.class, () -> Word.read(file, 2));
        assertTrue(failure.getMessage()
                .endsWith("test.jsonl, line 2: the word 'dog' has no pronunciation to compare with"));
    }

    static Word word(String spelling, String... references) {
        return new Word(spelling, messages(), List.of(references), List.of(references));
    }

    private static tools.jackson.databind.JsonNode messages() {
        return JsonNodeFactory.instance.arrayNode();
    }

    private static String text(Scores before, Scores after) {
        return String.join("\n", new Report(before, after).lines()) + "\n";
    }
}
