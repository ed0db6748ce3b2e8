package dev.rehearse.grading;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NGramsTest {

    @Test
    void equalsACountOfListsOnRandomTexts() {
        SplittableRandom random = new SplittableRandom(5);
        for (int round = 0; round < 1_000; round++) {
            List<String> text = words(random);
            List<String> reference = words(random);
            List<NGrams> orders = NGrams.upTo(5, text, reference);
            for (int n = 1; n <= 5; n++) {
                assertEquals(naive(n, text, reference), orders.get(n - 1));
            }
        }
    }

    @Test
    void countsARepeatedWordOnlyAsOftenAsTheReferenceHasIt() {
        assertEquals(
                new NGrams(2, 7, 6),
                NGrams.upTo(
                                1,
                                List.of("the the the the the the the".split(" ")),
                                List.of("the cat is on the mat".split(" ")))
                        .get(0));
    }

    private static NGrams naive(int n, List<String> text, List<String> reference) {
        Map<List<String>, Integer> left = new HashMap<>();
        int inReference = 0;
        for (int i = 0; i + n <= reference.size(); i++, inReference++) {
            left.merge(reference.subList(i, i + n), 1, Integer::sum);
        }
        int matches = 0;
        int inText = 0;
        for (int i = 0; i + n <= text.size(); i++, inText++) {
            if (left.merge(text.subList(i, i + n), -1, Integer::sum) >= 0) {
                matches++;
            }
        }
        return new NGrams(matches, inText, inReference);
    }

    private static List<String> words(SplittableRandom random) {
        return IntStream.range(0, random.nextInt(20))
                .mapToObj(i -> String.valueOf((char) ('a' + random.nextInt(3))))
                .toList();
    }
}
