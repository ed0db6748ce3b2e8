package dev.rehearse.networks;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * What a network keeps of one sequence while its reply grows, all of it f32. Immutable; the arrays must not be changed.
 *
 * @param perToken sides of the tensors that have a row for each token
 * @param perSequence sides of the tensors whose size does not depend on the tokens; no sides for one number
 */
public record DecodingState(List<long[]> perToken, List<long[]> perSequence) {
    /** Keys and values of every layer. */
    static DecodingState keysAndValues(int layers, int heads, int headWidth) {
        return new DecodingState(Collections.nCopies(2 * layers, new long[] {heads, headWidth}), List.of());
    }

    /** Memory of a sequence of this many tokens. */
    long bytes(long tokens) {
        return Float.BYTES * (tokens * numbers(perToken) + numbers(perSequence));
    }

    private static long numbers(List<long[]> tensors) {
        return tensors.stream()
                .mapToLong(sides -> Arrays.stream(sides).reduce(1, (a, b) -> a * b))
                .sum();
    }
}
