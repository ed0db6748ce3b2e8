package dev.rehearse.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class StopStringsTest {
    /** What the whole text says: it ends where the stop string begins that is complete first. */
    private static String naive(String text, List<String> stops) {
        for (int end = 1; end <= text.length(); end++) {
            for (int start = 0; start < end; start++) {
                if (stops.contains(text.substring(start, end))) {
                    return text.substring(0, start);
                }
            }
        }
        return text;
    }

    /** The longest end of a text without stop string that could still become one. */
    private static int naiveHeld(String text, List<String> stops) {
        for (int length = text.length(); length > 0; length--) {
            String end = text.substring(text.length() - length);
            if (stops.stream().anyMatch(stop -> stop.length() > end.length() && stop.startsWith(end))) {
                return length;
            }
        }
        return 0;
    }

    private static String streamed(List<String> pieces, List<String> stops) {
        StopStrings stopStrings = new StopStrings(stops);
        StringBuilder passed = new StringBuilder();
        for (String piece : pieces) {
            passed.append(stopStrings.accept(piece));
        }
        return passed.append(stopStrings.finish()).toString();
    }

    /** Every way to cut a text into pieces. */
    private static List<List<String>> splits(String text) {
        List<List<String>> all = new ArrayList<>();
        for (int cuts = 0; cuts < 1 << (text.length() - 1); cuts++) {
            List<String> pieces = new ArrayList<>();
            int from = 0;
            for (int at = 1; at < text.length(); at++) {
                if ((cuts >> (at - 1) & 1) == 1) {
                    pieces.add(text.substring(from, at));
                    from = at;
                }
            }
            pieces.add(text.substring(from));
            all.add(pieces);
        }
        return all;
    }

    @Test
    void howATextIsCutIntoPiecesDoesNotMatter() {
        List<List<String>> stopLists = List.of(
                List.of("stop"), List.of("st", "stop"), List.of("o", "stop"), List.of("pst", "sto"), List.of("x"));
        for (List<String> stops : stopLists) {
            for (List<String> pieces : splits("ssstopst")) {
                assertEquals(naive("ssstopst", stops), streamed(pieces, stops), stops + " in " + pieces);
            }
        }
    }

    @Test
    void theStopStringThatIsCompleteFirstCutsTheText() {
        assertEquals("ab", streamed(List.of("abcd"), List.of("abcd", "c")));
        assertEquals("ab", streamed(List.of("a", "b", "c", "d"), List.of("abcd", "c")));
        assertEquals("", streamed(List.of("abc"), List.of("c", "abc")));
    }

    @Test
    void randomTextsInRandomPiecesAreCutWhereTheNaiveTwinCutsThem() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);
        for (int trial = 0; trial < 3_000; trial++) {
            List<String> stops = new ArrayList<>();
            for (int i = random.nextInt(4); i > 0; i--) {
                stops.add(word(random, 1 + random.nextInt(4)));
            }
            StopStrings stopStrings = new StopStrings(stops);
            StringBuilder text = new StringBuilder();
            StringBuilder passed = new StringBuilder();
            while (text.length() < 20 && !stopStrings.found()) {
                String piece = word(random, random.nextInt(5));
                text.append(piece);
                passed.append(stopStrings.accept(piece));
                String whole = text.toString();
                boolean found = !naive(whole, stops).equals(whole);
                assertEquals(found, stopStrings.found(), whole + " " + stops);
                if (!found) {
                    int held = naiveHeld(whole, stops);
                    assertEquals(whole.substring(0, whole.length() - held), passed.toString(), stops.toString());
                }
            }
            passed.append(stopStrings.finish());
            assertEquals(naive(text.toString(), stops), passed.toString(), text + " " + stops);
        }
    }

    private static String word(RandomGenerator random, int length) {
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < length; i++) {
            word.append((char) ('a' + random.nextInt(2)));
        }
        return word.toString();
    }

    @Test
    void nothingPassesAfterAStopString() {
        StopStrings stops = new StopStrings(List.of("end"));
        assertEquals("the ", stops.accept("the end"));
        assertTrue(stops.found());
        assertEquals("", stops.accept(" of it"));
        assertEquals("", stops.finish());
    }

    @Test
    void anEmptyStopStringStopsNothing() {
        StopStrings stops = new StopStrings(List.of(""));
        assertEquals("text", stops.accept("text"));
        assertFalse(stops.found());
    }
}
