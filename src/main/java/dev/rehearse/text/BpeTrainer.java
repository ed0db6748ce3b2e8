package dev.rehearse.text;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.regex.Pattern;

/**
 * Byte-level byte-pair encoding: the pair of neighbours that occurs most often becomes a token, again and again (Sennrich et al. 2016,
 * arXiv:1508.07909, algorithm 1; bytes as in GPT-2). Ties go to the pair whose tokens are older, so the result depends on the counts
 * alone. Confined to one thread and one training.
 *
 * <p>Counts are kept up to date instead of recounted: a merge visits only words that contain its pair. The heap is lazy; an entry whose
 * count is no longer current is dropped when it comes up.
 */
final class BpeTrainer {
    /** GPT-2's split of a text into words, which no merge crosses; the ByteLevel pre-tokenizer of tokenizer.json does the same. */
    static final Pattern WORD = Pattern.compile(
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
            Pattern.UNICODE_CHARACTER_CLASS);

    /** A pair seen once is a quotation, not a pattern. */
    static final int SMALLEST_COUNT = 2;

    private static final int BYTES = 256;

    private final int[][] words;
    private final long[] weights;
    private final Map<Pair, Long> counts = new HashMap<>();
    /** Words a pair has occurred in: may repeat a word or name one that has since lost the pair. */
    private final Map<Pair, WordList> places = new HashMap<>();

    private final PriorityQueue<Candidate> heap = new PriorityQueue<>(Candidate.BEST_FIRST);
    private final List<String> tokens = new ArrayList<>();
    private final Map<String, Integer> ids = new HashMap<>();
    private final List<Pair> merges = new ArrayList<>();

    private BpeTrainer(Map<String, Long> wordCounts) {
        words = new int[wordCounts.size()][];
        weights = new long[words.length];
        int w = 0;
        for (Map.Entry<String, Long> word : wordCounts.entrySet()) {
            weights[w] = word.getValue();
            words[w++] = symbols(word.getKey());
        }
        for (int b = 0; b < BYTES; b++) {
            name(String.valueOf(ByteAlphabet.spelling(b)));
        }
    }

    /**
     * @param wordCounts how often each {@link #WORD} of the corpus occurs
     * @param vocabularySize upper bound on tokens, the 256 bytes included; fewer when no pair is left that occurs twice
     */
    static Vocabulary train(Map<String, Long> wordCounts, int vocabularySize) {
        BpeTrainer trainer = new BpeTrainer(wordCounts);
        trainer.countPairs();
        trainer.mergeUntil(vocabularySize);
        return new Vocabulary(List.copyOf(trainer.tokens), List.copyOf(trainer.merges));
    }

    /**
     * What was learned, in the order of learning. Two merges may spell the same token, which then has one id.
     *
     * @param tokens spelled in the {@link ByteAlphabet}; the index of a byte is its value
     * @param merges pairs of token indices
     */
    record Vocabulary(List<String> tokens, List<Pair> merges) {}

    /** Two neighbouring tokens. */
    record Pair(int left, int right) {}

    private record Candidate(Pair pair, long count) {
        static final Comparator<Candidate> BEST_FIRST = Comparator.comparingLong(Candidate::count)
                .reversed()
                .thenComparingInt(c -> c.pair.left)
                .thenComparingInt(c -> c.pair.right);
    }

    private static final class WordList {
        private int[] words = new int[2];
        private int size;

        void add(int word) {
            if (size > 0 && words[size - 1] == word) {
                return;
            }
            if (size == words.length) {
                words = Arrays.copyOf(words, size * 2);
            }
            words[size++] = word;
        }

        int[] toArray() {
            return Arrays.copyOf(words, size);
        }
    }

    private static int[] symbols(String word) {
        byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
        int[] symbols = new int[bytes.length];
        Arrays.setAll(symbols, i -> bytes[i] & 0xFF);
        return symbols;
    }

    private void countPairs() {
        for (int w = 0; w < words.length; w++) {
            for (int i = 0; i + 1 < words[w].length; i++) {
                Pair pair = new Pair(words[w][i], words[w][i + 1]);
                counts.merge(pair, weights[w], Long::sum);
                places.computeIfAbsent(pair, p -> new WordList()).add(w);
            }
        }
        counts.forEach(this::offer);
    }

    private void mergeUntil(int vocabularySize) {
        while (tokens.size() < vocabularySize) {
            Candidate best = heap.poll();
            if (best == null) {
                return;
            }
            if (counts.getOrDefault(best.pair, 0L) == best.count) {
                merge(best.pair);
            }
        }
    }

    private void merge(Pair pair) {
        int merged = name(tokens.get(pair.left) + tokens.get(pair.right));
        merges.add(pair);
        Map<Pair, Long> changes = new HashMap<>();
        WordList where = places.remove(pair);
        for (int w : where == null ? new int[0] : where.toArray()) {
            int[] before = words[w];
            int[] after = merge(before, pair, merged);
            if (after.length < before.length) {
                words[w] = after;
                recount(before, -weights[w], changes);
                recount(after, weights[w], changes);
                remember(after, merged, w);
            }
        }
        changes.forEach(this::change);
    }

    /** Left to right, so that of "aaa" the first two merge. */
    static int[] merge(int[] symbols, Pair pair, int merged) {
        int[] result = new int[symbols.length];
        int length = 0;
        for (int i = 0; i < symbols.length; i++) {
            boolean here = i + 1 < symbols.length && symbols[i] == pair.left && symbols[i + 1] == pair.right;
            result[length++] = here ? merged : symbols[i];
            i += here ? 1 : 0;
        }
        return Arrays.copyOf(result, length);
    }

    private static void recount(int[] symbols, long weight, Map<Pair, Long> changes) {
        for (int i = 0; i + 1 < symbols.length; i++) {
            changes.merge(new Pair(symbols[i], symbols[i + 1]), weight, Long::sum);
        }
    }

    private void remember(int[] symbols, int merged, int word) {
        for (int i = 0; i + 1 < symbols.length; i++) {
            if (symbols[i] == merged || symbols[i + 1] == merged) {
                places.computeIfAbsent(new Pair(symbols[i], symbols[i + 1]), p -> new WordList())
                        .add(word);
            }
        }
    }

    private void change(Pair pair, long difference) {
        if (difference == 0) {
            return;
        }
        long count = counts.getOrDefault(pair, 0L) + difference;
        if (count == 0) {
            counts.remove(pair);
        } else {
            counts.put(pair, count);
            offer(pair, count);
        }
    }

    private void offer(Pair pair, long count) {
        if (count >= SMALLEST_COUNT) {
            heap.add(new Candidate(pair, count));
        }
    }

    private int name(String token) {
        Integer known = ids.putIfAbsent(token, tokens.size());
        if (known != null) {
            return known;
        }
        tokens.add(token);
        return tokens.size() - 1;
    }
}
