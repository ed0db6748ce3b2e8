package dev.rehearse.grading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TextMetricTest {
    private static final double EXACT = 1e-12;

    @ParameterizedTest
    @EnumSource
    void staysBetweenZeroAndOne(TextMetric metric) {
        SplittableRandom random = new SplittableRandom(11);
        for (int i = 0; i < 300; i++) {
            double score = metric.similarity(sentence(random), sentence(random));
            assertTrue(score >= 0 && score <= 1, () -> metric + " is " + score);
        }
    }

    @ParameterizedTest
    @EnumSource
    void isHighestForTheReferenceItself(TextMetric metric) {
        String text = "one two three four five six";
        double expected = metric == TextMetric.METEOR ? 1 - 0.5 / 216 : 1;
        assertEquals(expected, metric.similarity(text, text), EXACT);
    }

    @ParameterizedTest
    @EnumSource
    void isZeroForTextsThatShareNothing(TextMetric metric) {
        assertEquals(0, metric.similarity("aaa bbb ccc ddd eee", "1-2-3-4-5"), EXACT);
    }

    @ParameterizedTest
    @EnumSource
    void isReadFromItsWireName(TextMetric metric) {
        assertEquals(metric, TextMetric.parse(metric.wireName()));
    }

    @Test
    void refusesAMetricThatItDoesNotHaveByNamingThoseItHas() {
        String message = assertThrows(IllegalArgumentException.class, () -> TextMetric.parse("rouge_6"))
                .getMessage();
        assertEquals(
                "evaluation_metric is 'rouge_6'; it must be one of cosine, fuzzy_match, bleu, gleu, meteor, rouge_1, rouge_2,"
                        + " rouge_3, rouge_4, rouge_5, rouge_l",
                message);
    }

    @Test
    void fuzzyMatchOfKittenAndSittingIsEightThirteenths() {
        // longest common subsequence "ittn"; 2 * 4 / (6 + 7)
        assertEquals(8.0 / 13, TextMetric.FUZZY_MATCH.similarity("kitten", "sitting"), EXACT);
    }

    @Test
    void fuzzyMatchCountsAnEmojiAsOneSymbol() {
        // as UTF-16 the two emoji would share their first unit: 2 * 1 / 4
        assertEquals(0, TextMetric.FUZZY_MATCH.similarity("👍", "👎"), EXACT);
    }

    @Test
    void fuzzyMatchOfTwoEmptyTextsIsOne() {
        assertEquals(1, TextMetric.FUZZY_MATCH.similarity("", ""), EXACT);
    }

    @Test
    void bleuIsTheGeometricMeanOfThePrecisions() {
        // "a b c d x" in "a b c d e": 4/5, 3/4, 2/3, 1/2, no brevity penalty
        assertEquals(Math.pow(0.2, 0.25), TextMetric.BLEU.similarity("a b c d x", "a b c d e"), EXACT);
    }

    @Test
    void bleuPunishesATextThatIsTooShort() {
        assertEquals(Math.exp(1 - 8.0 / 4), TextMetric.BLEU.similarity("a b c d", "a b c d e f g h"), EXACT);
    }

    @Test
    void bleuHalvesForEachOrderWithoutAMatch() {
        // "a x b" in "a y b": 2/3, then 1/(2*2), then 1/(4*1); there is no fourth order
        assertEquals(Math.cbrt(2.0 / 3 / 4 / 4), TextMetric.BLEU.similarity("a x b", "a y b"), EXACT);
    }

    @Test
    void gleuIsTheSmallerOfPrecisionAndRecall() {
        // "a b" has 3 n-grams, all of the 6 of "a b c": precision 1, recall 1/2
        assertEquals(0.5, TextMetric.GLEU.similarity("a b", "a b c"), EXACT);
    }

    @Test
    void meteorMatchesStemsAndPunishesChunks() {
        // all 4 words match in 2 chunks: 1 - 0.5 * (2/4)^3
        assertEquals(1 - 0.5 / 8, TextMetric.METEOR.similarity("dogs ran cat sat", "cats sat dog ran"), EXACT);
    }

    @Test
    void rougeTwoIsTheF1OfPairs() {
        // "a b", "b c" of "a b", "b c", "c d", "d e": precision 1, recall 1/2
        assertEquals(2.0 / 3, TextMetric.ROUGE_2.similarity("a b c", "a b c d e"), EXACT);
    }

    @Test
    void rougeLKeepsTheOrderOfWords() {
        // Lin (2004), §3.1: "police killed the gunman" against "police kill the gunman" 3/4, "the gunman kill police"
        // 1/2
        assertEquals(0.75, TextMetric.ROUGE_L.similarity("police kill the gunman", "police killed the gunman"), EXACT);
        assertEquals(0.5, TextMetric.ROUGE_L.similarity("the gunman kill police", "police killed the gunman"), EXACT);
    }

    @Test
    void rougeCountsAnIdeographAsAWord() {
        // 4 of 5 characters
        assertEquals(0.8, TextMetric.ROUGE_1.similarity("今天天气好", "今天天氣好"), EXACT);
    }

    @Test
    void rougeKeepsAccentedWordsWhole() {
        assertEquals(
                List.of("cafe\u0301", "straße", "привет", "x", "1"),
                Words.alphanumeric("Cafe\u0301, Straße! Привет_x 1"));
    }

    @ParameterizedTest
    @EnumSource
    void scoresTheLongestTextsInSeconds(TextMetric metric) {
        String words = IntStream.range(0, Template.MAX_RENDERED_LENGTH / 2)
                .mapToObj(i -> i % 3 == 0 ? "a " : "b ")
                .collect(Collectors.joining());
        String other = "c " + words.substring(0, words.length() - 4) + "d";
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> metric.similarity(words, other));
    }

    @ParameterizedTest
    @EnumSource
    void survivesAMegabyteWithoutSpaces(TextMetric metric) {
        String wall = "y".repeat(1_000_000);
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> metric.similarity(wall, "yying"));
    }

    private static String sentence(SplittableRandom random) {
        return IntStream.range(0, random.nextInt(12))
                .mapToObj(i -> List.of("cat", "cats", "ran", "running", ".", "7", "the")
                        .get(random.nextInt(7)))
                .collect(Collectors.joining(" "));
    }
}
