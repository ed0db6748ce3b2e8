package dev.rehearse.generation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rehearse.networks.Decoding.LogitEdits;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PenaltiesTest {
    private static LogitEdits edits(TokenCounts... rows) {
        Map<Integer, TokenCounts> byRow = new TreeMap<>();
        for (int row = 0; row < rows.length; row++) {
            byRow.put(row, rows[row]);
        }
        return TokenCounts.edits(byRow);
    }

    private static TokenCounts after(Penalties penalties, int[] prompt, int... reply) {
        TokenCounts counts = new TokenCounts(penalties, prompt);
        for (int token : reply) {
            counts.add(token);
        }
        return counts;
    }

    @Test
    void presenceCountsOnceAndFrequencyEachTimeAndOnlyOfTheReply() {
        LogitEdits edits = edits(after(new Penalties(0.5, 0.25, 1, Map.of()), new int[] {7, 8}, 3, 8, 3, 3));
        assertArrayEquals(new int[] {3, 8}, edits.tokens());
        assertArrayEquals(new float[] {-1.25f, -0.75f}, edits.shift());
        assertArrayEquals(new float[] {1, 1}, edits.repetition());
    }

    @Test
    void repetitionIsOfThePromptToo() {
        LogitEdits edits = edits(after(new Penalties(0, 0, 1.3, Map.of(9, 2.0)), new int[] {7, 7}, 3));
        assertArrayEquals(new int[] {3, 7, 9}, edits.tokens());
        assertArrayEquals(new float[] {1.3f, 1.3f, 1}, edits.repetition());
        assertArrayEquals(new float[] {0, 0, 2}, edits.shift());
    }

    @Test
    void eachReplyHasItsOwnRow() {
        LogitEdits edits = edits(
                after(Penalties.NONE, new int[] {1}, 2, 3),
                after(new Penalties(1, 0, 1, Map.of(5, -100.0)), new int[] {1}, 5),
                after(new Penalties(1, 0, 1, Map.of()), new int[] {1}, 6));
        assertArrayEquals(new int[] {1, 2}, edits.rows());
        assertArrayEquals(new int[] {5, 6}, edits.tokens());
        assertArrayEquals(new float[] {-101, -1}, edits.shift());
    }

    @Test
    void withoutPenaltiesThereIsNothingToEdit() {
        assertEquals(LogitEdits.NONE, edits(after(Penalties.NONE, new int[] {1}, 2, 2)));
    }

    @Test
    void aRepetitionPenaltyIsAboveZero() {
        String message = assertThrows(IllegalArgumentException.class, () -> new Penalties(0, 0, 0, Map.of()))
                .getMessage();
        assertEquals("repetition is 0.0; allowed: above 0", message);
    }
}
