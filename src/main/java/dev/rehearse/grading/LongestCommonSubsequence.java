package dev.rehearse.grading;

import java.util.Arrays;

/**
 * The length of a longest common subsequence, 64 cells of the table at a time.
 *
 * <p>The bit vector {@code s} has a 0 where the table's column rises by one; a symbol of {@code b} moves it by
 * {@code u = s & matches; s = (s + u) | (s - u)} (H. Hyyrö, "Bit-parallel LCS-length computation revisited", AWOCA 2004).
 * The blocks of {@code a} are the outer loop and the carry of each addition is kept per symbol of {@code b}, so memory is
 * O(|a| + |b|) for any alphabet; time is O(|a| |b| / 64).
 *
 * <p>Any thread.
 */
final class LongestCommonSubsequence {
    private LongestCommonSubsequence() {}

    static int length(int[] a, int[] b) {
        int prefix = Math.max(0, Arrays.mismatch(a, b));
        if (Arrays.equals(a, b)) {
            return a.length;
        }
        int suffix = 0;
        while (suffix < Math.min(a.length, b.length) - prefix && a[a.length - 1 - suffix] == b[b.length - 1 - suffix]) {
            suffix++;
        }
        return prefix
                + suffix
                + ofRest(
                        Arrays.copyOfRange(a, prefix, a.length - suffix),
                        Arrays.copyOfRange(b, prefix, b.length - suffix));
    }

    private static int ofRest(int[] a, int[] b) {
        int[] alphabet = Arrays.stream(a).sorted().distinct().toArray();
        int[] rows = indices(a, alphabet);
        int[] columns = indices(b, alphabet);
        long[] matches = new long[alphabet.length + 1];
        byte[] carries = new byte[b.length];
        int length = 0;
        for (int start = 0; start < rows.length; start += Long.SIZE) {
            int end = Math.min(start + Long.SIZE, rows.length);
            for (int i = start; i < end; i++) {
                matches[rows[i]] |= 1L << (i - start);
            }
            length += Long.bitCount(~advance(columns, matches, carries));
            for (int i = start; i < end; i++) {
                matches[rows[i]] = 0;
            }
        }
        return length;
    }

    /** One block of 64 rows against all columns; takes the carries of the block before and leaves its own. */
    private static long advance(int[] columns, long[] matches, byte[] carries) {
        long s = -1L;
        for (int j = 0; j < columns.length; j++) {
            long u = s & matches[columns[j]];
            long sum = s + u + carries[j];
            carries[j] = (byte) ((u | (s & ~sum)) >>> 63); // u is within s, so this is the carry out of bit 63
            s = sum | (s & ~u);
        }
        return s;
    }

    /** Places in the alphabet; a symbol outside it gets the place after the last, which matches nothing. */
    private static int[] indices(int[] symbols, int[] alphabet) {
        return Arrays.stream(symbols)
                .map(symbol -> {
                    int index = Arrays.binarySearch(alphabet, symbol);
                    return index >= 0 ? index : alphabet.length;
                })
                .toArray();
    }
}
