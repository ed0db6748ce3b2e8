package dev.rehearse.grading;

import java.util.List;

/**
 * ROUGE-N and sentence-level ROUGE-L as F1 (C.-Y. Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", WAS
 * 2004, §2 and §3.1, with beta = 1). Two texts without words are 0, not 1.
 *
 * <p>Reference: Google's rouge_score, {@code RougeScorer([...], use_stemmer=False)}, {@code fmeasure}. Compared: the
 * scorer in google-research at commit 0c1bbe5, on ASCII.
 *
 * <p>Deviations:
 *
 * <ol>
 *   <li>rouge_score drops all but {@code [a-z0-9]}, so that every Chinese or Greek reply scores 0; here words are runs of
 *       Unicode letters, digits and marks, and an ideograph or kana is a word by itself. Emoji are dropped by both.
 * </ol>
 *
 * <p>Any thread.
 */
final class Rouge {
    private Rouge() {}

    static double ofOrder(int n, String text, String reference) {
        NGrams order = NGrams.upTo(n, Words.alphanumeric(text), Words.alphanumeric(reference))
                .get(n - 1);
        return f1(order.matches(), order.inText(), order.inReference());
    }

    static double longestCommonSubsequence(String text, String reference) {
        List<String> words = Words.alphanumeric(text);
        List<String> referenceWords = Words.alphanumeric(reference);
        int[][] numbered = Words.numbered(words, referenceWords);
        return f1(LongestCommonSubsequence.length(numbered[0], numbered[1]), numbered[0].length, numbered[1].length);
    }

    /** The harmonic mean of {@code matches / inText} and {@code matches / inReference}. */
    private static double f1(int matches, int inText, int inReference) {
        return matches == 0 ? 0 : 2.0 * matches / (inText + inReference);
    }
}
