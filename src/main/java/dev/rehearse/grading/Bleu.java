package dev.rehearse.grading;

import java.util.List;

/**
 * Sentence BLEU: the geometric mean of the clipped n-gram precisions, n = 1…4, times the brevity penalty
 * {@code exp(1 - |reference| / |text|)} of a text that is too short (Papineni et al., "BLEU", ACL 2002, §2).
 *
 * <p>An order without matches counts as {@code 1 / (2^k inText)}, k = 1, 2, … (Chen and Cherry, "A Systematic Comparison
 * of Smoothing Techniques for Sentence-Level BLEU", WMT 2014, method 3); orders that the text is too short to have are
 * left out of the mean; a text without any match is 0.
 *
 * <p>Reference: sacrebleu's {@code BLEU(effective_order=True).sentence_score} / 100, that is smoothing {@code exp} and
 * tokeniser 13a, mixed case. Compared: sacrebleu 2.6.0.
 *
 * <p>Any thread.
 */
final class Bleu {
    private static final int MAX_ORDER = 4;

    private Bleu() {}

    static double score(String text, String reference) {
        List<String> words = Words.mteval13a(text);
        List<String> referenceWords = Words.mteval13a(reference);
        List<NGrams> orders = NGrams.upTo(MAX_ORDER, words, referenceWords);
        if (orders.stream().allMatch(order -> order.matches() == 0)) {
            return 0;
        }
        double logPrecisions = 0;
        double smoothing = 1;
        int effectiveOrder = 0;
        for (NGrams order : orders) {
            if (order.inText() == 0) {
                break;
            }
            effectiveOrder++;
            if (order.matches() == 0) {
                smoothing *= 2;
                logPrecisions -= Math.log(smoothing * order.inText());
            } else {
                logPrecisions += Math.log((double) order.matches() / order.inText());
            }
        }
        double brevity = Math.min(0, 1 - (double) referenceWords.size() / words.size());
        return Math.exp(brevity + logPrecisions / effectiveOrder);
    }
}
