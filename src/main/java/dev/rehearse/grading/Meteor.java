package dev.rehearse.grading;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * METEOR: the recall-heavy mean {@code P R / (α P + (1 - α) R)} of matched words, times
 * {@code 1 - γ (chunks / matches)^β} for words out of order (Lavie and Agarwal, "METEOR: An Automatic Metric for MT
 * Evaluation with High Levels of Correlation with Human Judgments", WMT 2007, §2; α = 0.9, β = 3, γ = 0.5). A text equal
 * to its reference is {@code 1 - 0.5 / words³}, not 1.
 *
 * <p>Reference: nltk's {@code single_meteor_score(reference, text)} on the words of {@link Words#mteval13a}. Compared:
 * nltk 3.10.3 with an empty WordNet.
 *
 * <p>Deviations:
 *
 * <ol>
 *   <li>No synonym stage: WordNet is a data set of tens of megabytes. Words match exactly, then by {@link PorterStemmer}.
 *   <li>As in nltk, words are paired greedily from the end of both texts, not by the alignment with fewest crossings.
 * </ol>
 *
 * <p>Any thread.
 */
final class Meteor {
    private static final double ALPHA = 0.9;
    private static final double BETA = 3;
    private static final double GAMMA = 0.5;
    private static final int UNMATCHED = -1;

    private Meteor() {}

    static double score(String text, String reference) {
        List<String> words = Words.mteval13a(text.toLowerCase(Locale.ROOT));
        List<String> referenceWords = Words.mteval13a(reference.toLowerCase(Locale.ROOT));
        int[] partners = align(words, referenceWords);
        long matches = Arrays.stream(partners).filter(j -> j != UNMATCHED).count();
        if (matches == 0) {
            return 0;
        }
        double precision = (double) matches / words.size();
        double recall = (double) matches / referenceWords.size();
        double mean = precision * recall / (ALPHA * precision + (1 - ALPHA) * recall);
        return mean * (1 - GAMMA * Math.pow((double) chunks(partners) / matches, BETA));
    }

    /** The place in the reference of each word of the text, or {@link #UNMATCHED}. */
    private static int[] align(List<String> words, List<String> reference) {
        int[] partners = new int[words.size()];
        Arrays.fill(partners, UNMATCHED);
        boolean[] taken = new boolean[reference.size()];
        match(words, reference, UnaryOperator.identity(), partners, taken);
        match(words, reference, PorterStemmer::stem, partners, taken);
        return partners;
    }

    /** Pairs what is still free, last with last, where the forms agree. */
    private static void match(
            List<String> words, List<String> reference, UnaryOperator<String> form, int[] partners, boolean[] taken) {
        Map<String, Deque<Integer>> free = new HashMap<>();
        for (int j = 0; j < taken.length; j++) {
            if (!taken[j]) {
                free.computeIfAbsent(form.apply(reference.get(j)), unseen -> new ArrayDeque<>())
                        .push(j);
            }
        }
        for (int i = partners.length - 1; i >= 0; i--) {
            if (partners[i] == UNMATCHED) {
                Deque<Integer> places = free.get(form.apply(words.get(i)));
                if (places != null && !places.isEmpty()) {
                    partners[i] = places.pop();
                    taken[partners[i]] = true;
                }
            }
        }
    }

    /** Runs of matched words that are neighbours, in the same order, in both texts. */
    private static int chunks(int[] partners) {
        int chunks = 0;
        for (int i = 0; i < partners.length; i++) {
            boolean continues = i > 0 && partners[i - 1] != UNMATCHED && partners[i] == partners[i - 1] + 1;
            if (partners[i] != UNMATCHED && !continues) {
                chunks++;
            }
        }
        return chunks;
    }
}
