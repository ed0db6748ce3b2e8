package dev.rehearse.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rehearse.grading.TextMetric;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class PhonemesTest {
    @Test
    void distanceCountsTheFewestChanges() {
        assertEquals(0, distance("HH AH L OW", "HH AH L OW"));
        assertEquals(1, distance("HH EH L OW", "HH AH L OW")); // one replaced
        assertEquals(1, distance("HH AH OW", "HH AH L OW")); // one left out
        assertEquals(2, distance("HH AH L OW Z Z", "HH AH L OW")); // two added
        assertEquals(3, distance("K IH T AH N", "S IH T IH NG")); // as kitten and sitting
        assertEquals(4, distance("", "HH AH L OW"));
        assertEquals(2, distance("AH L", "L AH")); // a swap is two changes
    }

    @Test
    void spacesAreNoPhonemes() {
        assertEquals(List.of("HH", "AH"), Phonemes.of("  HH   AH\n"));
        assertEquals(List.of(), Phonemes.of(" "));
    }

    @Test
    void similarityIsTwiceWhatIsCommonOverBothLengths() {
        assertEquals(1, Phonemes.similarity("HH AH L OW", "HH AH L OW"));
        assertEquals(2.0 * 3 / 8, Phonemes.similarity("HH EH L OW", "HH AH L OW"));
        assertEquals(2.0 * 3 / 7, Phonemes.similarity("HH AH OW", "HH AH L OW"));
        assertEquals(0, Phonemes.similarity("", "HH AH L OW"));
        assertEquals(0, Phonemes.similarity("", ""));
    }

    @Test
    void similarityIsWhatTheGraderGives() {
        Random random = new Random(1);
        List<String> symbols = List.of("HH", "AH", "L", "OW", "l", "<unk>", "'", "B");
        for (int i = 0; i < 2_000; i++) {
            String reply = text(random, symbols);
            String reference = text(random, symbols);
            assertEquals(
                    TextMetric.ROUGE_L.similarity(reply, reference),
                    Phonemes.similarity(reply, reference),
                    1e-12,
                    () -> reply + " against " + reference);
        }
    }

    private static String text(Random random, List<String> symbols) {
        return random.ints(random.nextInt(8), 0, symbols.size())
                .mapToObj(symbols::get)
                .collect(Collectors.joining(" "));
    }

    private static int distance(String reply, String reference) {
        return Phonemes.distance(Phonemes.of(reply), Phonemes.of(reference));
    }
}
