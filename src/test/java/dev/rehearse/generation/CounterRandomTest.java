package dev.rehearse.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CounterRandomTest {
    private static final int CELLS = 64;
    private static final int DRAWS = 64_000;
    /** 63 degrees of freedom: exceeded once in ten thousand fair draws. */
    private static final double LIMIT = 113.5;

    private interface Cell {
        int of(int draw);
    }

    private static void assertEven(Cell cells) {
        int[] counts = new int[CELLS];
        for (int draw = 0; draw < DRAWS; draw++) {
            counts[cells.of(draw)]++;
        }
        double mean = (double) DRAWS / CELLS;
        double chiSquared = 0;
        for (int count : counts) {
            chiSquared += (count - mean) * (count - mean) / mean;
        }
        assertTrue(chiSquared < LIMIT, "chi-squared is " + chiSquared);
    }

    private static int cell(float uniform, int cells) {
        assertTrue(uniform >= 0 && uniform < 1);
        return (int) (uniform * cells);
    }

    @Test
    void numbersOfOneSeedAreUniform() {
        for (long seed : new long[] {0, 1, -1, 42, Long.MIN_VALUE}) {
            assertEven(index -> cell(CounterRandom.uniform(seed, index), CELLS));
        }
    }

    @Test
    void firstNumbersOfNeighbouringSeedsAreUniform() {
        assertEven(seed -> cell(CounterRandom.uniform(seed, 0), CELLS));
    }

    @Test
    void neighboursInIndexAndInSeedAreIndependent() {
        assertEven(
                index -> 8 * cell(CounterRandom.uniform(5, index), 8) + cell(CounterRandom.uniform(5, index + 1), 8));
        assertEven(index -> 8 * cell(CounterRandom.uniform(5, index), 8) + cell(CounterRandom.uniform(6, index), 8));
        assertEven(seed -> 8 * cell(CounterRandom.uniform(seed, 1), 8) + cell(CounterRandom.uniform(seed + 1, 0), 8));
    }

    @Test
    void aNumberDependsOnItsAddressOnly() {
        float[] forwards = new float[100];
        for (int k = 0; k < 100; k++) {
            forwards[k] = CounterRandom.uniform(3, k);
        }
        for (int k = 99; k >= 0; k--) {
            CounterRandom.uniform(4, k);
            assertEquals(forwards[k], CounterRandom.uniform(3, k));
        }
    }

    @Test
    void allTwentyFourBitsAreUsed() {
        Set<Float> distinct = new HashSet<>();
        int odd = 0;
        for (int k = 0; k < 10_000; k++) {
            float uniform = CounterRandom.uniform(1, k);
            distinct.add(uniform);
            odd += (int) (uniform * 0x1p24f) & 1;
        }
        assertTrue(distinct.size() > 9_980, "distinct: " + distinct.size());
        assertEquals(5_000, odd, 250);
    }
}
