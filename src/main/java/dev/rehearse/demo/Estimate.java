package dev.rehearse.demo;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A mean over words and how far it may be off by the choice of words. Immutable.
 *
 * @param standardError sample standard deviation over √n; NaN for a single word
 */
record Estimate(double mean, double standardError) {
    static Estimate of(double[] values) {
        double mean = Arrays.stream(values).average().orElse(Double.NaN);
        double squares = Arrays.stream(values)
                .map(value -> (value - mean) * (value - mean))
                .sum();
        return new Estimate(mean, Math.sqrt(squares / (values.length - 1.0) / values.length));
    }

    /** Of {@code after - before} word by word, which takes out how hard each word is. */
    static Estimate ofDifference(double[] before, double[] after) {
        if (before.length != after.length) {
            throw new IllegalArgumentException(
                    before.length + " values before and " + after.length + " after; a pair needs both");
        }
        return of(IntStream.range(0, before.length)
                .mapToDouble(i -> after[i] - before[i])
                .toArray());
    }

    /** Above 0 by more than two standard errors. */
    boolean isClearRise() {
        return mean > 2 * standardError;
    }
}
