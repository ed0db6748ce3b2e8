package dev.rehearse.grading;

import java.util.List;

/**
 * Google's sentence-level BLEU: the smaller of precision and recall over all n-grams, n = 1…4, counted together (Wu et
 * al., "Google's Neural Machine Translation System", arXiv:1609.08144, §6).
 *
 * <p>Reference: nltk's {@code sentence_gleu([reference], text)} on the words of {@link Words#mteval13a}, the tokeniser of
 * {@link Bleu}; nltk leaves the choice to the caller. Compared: nltk 3.10.3.
 *
 * <p>Any thread.
 */
final class Gleu {
    private static final int MAX_ORDER = 4;

    private Gleu() {}

    static double score(String text, String reference) {
        List<NGrams> orders = NGrams.upTo(MAX_ORDER, Words.mteval13a(text), Words.mteval13a(reference));
        int matches = orders.stream().mapToInt(NGrams::matches).sum();
        int inText = orders.stream().mapToInt(NGrams::inText).sum();
        int inReference = orders.stream().mapToInt(NGrams::inReference).sum();
        return matches == 0 ? 0 : (double) matches / Math.max(inText, inReference);
    }
}
