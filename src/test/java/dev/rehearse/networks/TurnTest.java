package dev.rehearse.networks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TurnTest {
    /** Every state that is asked for, found one by one: before each action, and at the end. */
    @Test
    void everyStateIsAllThatStandsBeforeIt() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(2);
        for (int trial = 0; trial < 1_000; trial++) {
            int[] tokens = IntStream.range(0, 1 + random.nextInt(12)).toArray();
            int[] actions = IntStream.range(1, tokens.length)
                    .filter(t -> random.nextInt(3) > 0)
                    .toArray();
            List<Turn> turns = Turn.of(tokens, actions);
            List<Integer> wanted =
                    new ArrayList<>(Arrays.stream(actions).boxed().toList());
            wanted.add(tokens.length);
            List<Integer> found = new ArrayList<>();
            for (Turn turn : turns) {
                assertEquals(turn.length(), turn.reply().length);
                for (int j = 0; j < turn.length(); j++) {
                    int position = turn.start() + j;
                    found.add(position);
                    boolean follows = Arrays.binarySearch(actions, position - 1) >= 0;
                    assertEquals(follows, j > 0);
                    assertEquals(tokens[position - 1], turn.reply()[j]);
                }
                assertArrayEquals(Arrays.copyOf(tokens, turn.start()), turn.source());
            }
            assertEquals(wanted, found);
            assertEquals(turns.size(), Turn.count(tokens, actions));
        }
    }
}
