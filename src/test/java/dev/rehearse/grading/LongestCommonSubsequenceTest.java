package dev.rehearse.grading;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LongestCommonSubsequenceTest {

    @Test
    void equalsTheTableOnRandomTextsAcrossWordBoundaries() {
        SplittableRandom random = new SplittableRandom(3);
        for (int round = 0; round < 2_000; round++) {
            int alphabet = 1 + random.nextInt(random.nextBoolean() ? 3 : 200);
            int[] a = random.ints(random.nextInt(200), 0, alphabet).toArray();
            int[] b = random.ints(random.nextInt(200), 0, alphabet).toArray();
            assertEquals(
                    table(a, b), LongestCommonSubsequence.length(a, b), () -> Arrays.toString(a) + Arrays.toString(b));
        }
    }

    @Test
    void isTheWholeOfATextThatIsASubsequence() {
        int[] a = {1, 2, 3, 4, 5};
        int[] b = {9, 1, 9, 2, 3, 9, 4, 5, 9};
        assertEquals(5, LongestCommonSubsequence.length(a, b));
    }

    @Test
    void countsASymbolOnceWherePrefixAndSuffixOverlap() {
        assertEquals(2, LongestCommonSubsequence.length(new int[] {7, 7}, new int[] {7, 7, 7}));
    }

    /** The naive twin: the recurrence, cell by cell. */
    private static int table(int[] a, int[] b) {
        int[][] length = new int[a.length + 1][b.length + 1];
        for (int i = 1; i <= a.length; i++) {
            for (int j = 1; j <= b.length; j++) {
                length[i][j] =
                        a[i - 1] == b[j - 1] ? length[i - 1][j - 1] + 1 : Math.max(length[i - 1][j], length[i][j - 1]);
            }
        }
        return length[a.length][b.length];
    }
}
