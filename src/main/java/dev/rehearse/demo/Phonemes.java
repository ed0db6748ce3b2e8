package dev.rehearse.demo;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Distances between pronunciations. Stateless; any thread. */
final class Phonemes {
    private Phonemes() {}

    /** The symbols of {@code HH AH L OW}. */
    static List<String> of(String text) {
        return words(text, "\\s+");
    }

    /** Least insertions, deletions and substitutions that turn one into the other (Levenshtein 1966). */
    static int distance(List<String> reply, List<String> reference) {
        int[] above = new int[reference.size() + 1];
        Arrays.setAll(above, j -> j);
        for (int i = 1; i <= reply.size(); i++) {
            int diagonal = above[0];
            above[0] = i;
            for (int j = 1; j <= reference.size(); j++) {
                int substituted = diagonal + (reply.get(i - 1).equals(reference.get(j - 1)) ? 0 : 1);
                diagonal = above[j];
                above[j] = Math.min(substituted, 1 + Math.min(above[j], above[j - 1]));
            }
        }
        return above[reference.size()];
    }

    /**
     * The grader's {@code rouge_l}: 2 · LCS / (|reply| + |reference|), in [0, 1]. Over phonemes this F1 is the normalised
     * indel similarity, 1 − (insertions + deletions) / (|reply| + |reference|). Like the grader it knows no case.
     */
    static double similarity(String reply, String reference) {
        List<String> a = words(reply.toLowerCase(Locale.ROOT), "[^\\p{L}\\p{N}]+");
        List<String> b = words(reference.toLowerCase(Locale.ROOT), "[^\\p{L}\\p{N}]+");
        int common = longestCommonSubsequence(a, b);
        return common == 0 ? 0 : 2.0 * common / (a.size() + b.size());
    }

    private static int longestCommonSubsequence(List<String> a, List<String> b) {
        int[] above = new int[b.size() + 1];
        for (String symbol : a) {
            int diagonal = 0;
            for (int j = 1; j <= b.size(); j++) {
                int matched = symbol.equals(b.get(j - 1)) ? diagonal + 1 : 0;
                diagonal = above[j];
                above[j] = Math.max(matched, Math.max(above[j], above[j - 1]));
            }
        }
        return above[b.size()];
    }

    private static List<String> words(String text, String separator) {
        return Arrays.stream(text.split(separator, -1))
                .filter(word -> !word.isEmpty())
                .toList();
    }
}
