package dev.rehearse.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class BpeTrainerTest {
    @Test
    void mergesTheMostFrequentPairFirst() {
        BpeTrainer.Vocabulary learned =
                BpeTrainer.train(Map.of("low", 5L, "lower", 2L, "newest", 6L, "widest", 3L), 261);
        assertThat(learned.tokens().subList(256, 261)).containsExactly("es", "est", "lo", "low", "ew");
    }

    @Test
    void mergesOverlapsFromTheLeft() {
        int[] merged = BpeTrainer.merge(new int[] {1, 1, 1, 2, 1, 1}, new BpeTrainer.Pair(1, 1), 9);
        assertThat(merged).containsExactly(9, 1, 2, 9);
    }

    @Test
    void stopsWhenNoPairOccursTwice() {
        assertThat(BpeTrainer.train(Map.of("abc", 1L, "de", 1L), 1000).merges()).isEmpty();
    }

    @Test
    void agreesWithATrainerThatCountsAnewForEachMerge() {
        Random random = new Random(7);
        for (int round = 0; round < 150; round++) {
            Map<String, Long> words = randomWords(random);
            int size = 256 + random.nextInt(60);
            assertThat(BpeTrainer.train(words, size)).as(words.toString()).isEqualTo(naive(words, size));
        }
    }

    @Test
    void theOrderOfWordsDoesNotMatter() {
        Map<String, Long> words = randomWords(new Random(3));
        List<String> order = new ArrayList<>(words.keySet());
        Collections.shuffle(order, new Random(4));
        Map<String, Long> shuffled = new LinkedHashMap<>();
        order.forEach(word -> shuffled.put(word, words.get(word)));
        assertThat(BpeTrainer.train(shuffled, 300)).isEqualTo(BpeTrainer.train(words, 300));
    }

    private static Map<String, Long> randomWords(Random random) {
        Map<String, Long> words = new LinkedHashMap<>();
        int letters = 1 + random.nextInt(5);
        for (int w = 1 + random.nextInt(25); w > 0; w--) {
            String word = random.ints(1 + random.nextInt(12), 0, letters)
                    .mapToObj(i -> String.valueOf("abcé你".charAt(i)))
                    .collect(Collectors.joining());
            words.put(word, 1L + random.nextInt(4));
        }
        return words;
    }

    private static BpeTrainer.Vocabulary naive(Map<String, Long> words, int size) {
        List<String> tokens = new ArrayList<>();
        for (int b = 0; b < 256; b++) {
            tokens.add(String.valueOf(ByteAlphabet.spelling(b)));
        }
        Map<List<Integer>, Long> sequences = new HashMap<>();
        words.forEach((word, count) -> sequences.put(symbols(word), count));
        List<BpeTrainer.Pair> merges = new ArrayList<>();
        while (tokens.size() < size) {
            TreeMap<Long, BpeTrainer.Pair> best = new TreeMap<>();
            pairCounts(sequences).forEach((pair, count) -> best.merge(count, pair, BpeTrainerTest::older));
            if (best.isEmpty() || best.lastKey() < 2) {
                break;
            }
            BpeTrainer.Pair pair = best.lastEntry().getValue();
            String spelling = tokens.get(pair.left()) + tokens.get(pair.right());
            if (!tokens.contains(spelling)) {
                tokens.add(spelling);
            }
            merges.add(pair);
            int merged = tokens.indexOf(spelling);
            Map<List<Integer>, Long> before = new HashMap<>(sequences);
            sequences.clear();
            before.forEach((sequence, count) -> sequences.merge(replaced(sequence, pair, merged), count, Long::sum));
        }
        return new BpeTrainer.Vocabulary(tokens, merges);
    }

    private static BpeTrainer.Pair older(BpeTrainer.Pair a, BpeTrainer.Pair b) {
        boolean first = a.left() != b.left() ? a.left() < b.left() : a.right() < b.right();
        return first ? a : b;
    }

    private static Map<BpeTrainer.Pair, Long> pairCounts(Map<List<Integer>, Long> sequences) {
        Map<BpeTrainer.Pair, Long> counts = new HashMap<>();
        sequences.forEach((sequence, count) -> {
            for (int i = 0; i + 1 < sequence.size(); i++) {
                counts.merge(new BpeTrainer.Pair(sequence.get(i), sequence.get(i + 1)), count, Long::sum);
            }
        });
        return counts;
    }

    private static List<Integer> replaced(List<Integer> sequence, BpeTrainer.Pair pair, int merged) {
        List<Integer> result = new ArrayList<>();
        int i = 0;
        while (i < sequence.size()) {
            boolean here =
                    i + 1 < sequence.size() && sequence.get(i) == pair.left() && sequence.get(i + 1) == pair.right();
            result.add(here ? merged : sequence.get(i));
            i += here ? 2 : 1;
        }
        return result;
    }

    private static List<Integer> symbols(String word) {
        List<Integer> symbols = new ArrayList<>();
        for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
            symbols.add(b & 0xFF);
        }
        return symbols;
    }
}
