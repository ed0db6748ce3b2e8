package dev.rehearse.grading;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How many n-grams two texts share, for each order n: an n-gram counts as often as both have it (clipped counts).
 *
 * <p>An n-gram is numbered from the number of its first n - 1 words and its last word, so no n-gram is ever built:
 * memory is linear in the lengths, and no hash can collide.
 *
 * <p>Immutable.
 *
 * @param matches clipped count
 * @param inText n-grams in the text, {@code max(0, |text| - n + 1)}
 * @param inReference likewise
 */
record NGrams(int matches, int inText, int inReference) {

    /** The orders 1 to {@code maxOrder}, in that order. */
    static List<NGrams> upTo(int maxOrder, List<String> text, List<String> reference) {
        int[][] words = Words.numbered(text, reference);
        int[] textGrams = words[0].clone();
        int[] referenceGrams = words[1].clone();
        int inText = textGrams.length;
        int inReference = referenceGrams.length;
        List<NGrams> orders = new ArrayList<>();
        for (int n = 1; n <= maxOrder; n++) {
            if (n > 1) {
                Map<Long, Integer> numbers = new HashMap<>();
                inText = lengthen(textGrams, inText, words[0], n, numbers);
                inReference = lengthen(referenceGrams, inReference, words[1], n, numbers);
            }
            orders.add(new NGrams(
                    clipped(textGrams, inText, referenceGrams, inReference, text.size() + reference.size()),
                    inText,
                    inReference));
        }
        return orders;
    }

    /** Turns the (n-1)-grams into n-grams in place and returns how many there are. */
    private static int lengthen(int[] grams, int count, int[] words, int n, Map<Long, Integer> numbers) {
        int longer = Math.max(0, count - 1);
        for (int i = 0; i < longer; i++) {
            long pair = (long) grams[i] << Integer.SIZE | words[i + n - 1];
            grams[i] = numbers.computeIfAbsent(pair, unseen -> numbers.size());
        }
        return longer;
    }

    /** {@code distinct} bounds the numbers in use. */
    private static int clipped(int[] text, int inText, int[] reference, int inReference, int distinct) {
        int[] left = new int[distinct];
        for (int i = 0; i < inReference; i++) {
            left[reference[i]]++;
        }
        int matches = 0;
        for (int i = 0; i < inText; i++) {
            if (left[text[i]]-- > 0) {
                matches++;
            }
        }
        return matches;
    }
}
