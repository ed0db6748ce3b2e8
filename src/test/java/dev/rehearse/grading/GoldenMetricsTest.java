package dev.rehearse.grading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Against numbers of other implementations; which ones is in {@code how-made.md} next to the numbers. */
class GoldenMetricsTest {
    private static final double TOLERANCE = 1e-6;

    private record Pair(String text, String reference, Map<String, Double> scores) {}

    private static final List<Pair> PAIRS = lines("golden.jsonl").stream()
            .map(line -> new Gson().fromJson(line, Pair.class))
            .toList();

    @ParameterizedTest
    @EnumSource
    void equalsTheReferenceImplementationOnEveryPair(TextMetric metric) {
        for (Pair pair : PAIRS) {
            Double expected = pair.scores.get(metric.wireName());
            if (expected != null) {
                assertEquals(expected, metric.similarity(pair.text, pair.reference), TOLERANCE, pair::toString);
            }
        }
    }

    @Test
    void hasAtLeastFiftyPairsForEveryMetric() {
        Map<TextMetric, Integer> counts = new EnumMap<>(TextMetric.class);
        for (TextMetric metric : TextMetric.values()) {
            PAIRS.stream()
                    .filter(pair -> pair.scores.containsKey(metric.wireName()))
                    .forEach(pair -> counts.merge(metric, 1, Integer::sum));
        }
        assertEquals(TextMetric.values().length, counts.size());
        assertTrue(counts.values().stream().allMatch(count -> count >= 50), counts::toString);
    }

    @Test
    void stemsEveryWordAsTheReferenceStemmer() {
        for (String line : lines("stems.tsv")) {
            String[] columns = line.split("\t");
            assertEquals(columns[1], PorterStemmer.stem(columns[0]), columns[0]);
        }
    }

    private static List<String> lines(String resource) {
        try (InputStream in = Objects.requireNonNull(GoldenMetricsTest.class.getResourceAsStream(resource))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new AssertionError(resource, e);
        }
    }
}
