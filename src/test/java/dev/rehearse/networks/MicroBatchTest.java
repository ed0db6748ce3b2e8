package dev.rehearse.networks;

import static dev.rehearse.networks.Architecture.Reading.CAUSAL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class MicroBatchTest {
    private static TokenBatch batch(int... lengths) {
        int[][] tokens = new int[lengths.length][];
        for (int b = 0; b < lengths.length; b++) {
            tokens[b] = new int[lengths[b]];
        }
        return new TokenBatch(tokens, new int[lengths.length][0]);
    }

    @Test
    void partsAreTheWholeInOrderEachAsLargeAsTheLimitAllows() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(2);
        for (int trial = 0; trial < 500; trial++) {
            TokenBatch whole = batch(random.ints(random.nextInt(20), 1, 40).toArray());
            int limit = 1 + random.nextInt(150);
            int next = 0;
            for (MicroBatch part : MicroBatch.split(whole, limit, CAUSAL)) {
                assertEquals(next, part.first());
                int size = part.batch().size();
                for (int b = 0; b < size; b++) {
                    assertSame(whole.tokens()[next + b], part.batch().tokens()[b]);
                }
                assertTrue(size == 1 || size * part.batch().longest() <= limit);
                next += size;
                if (next < whole.size()) {
                    int widened = Math.max(part.batch().longest(), whole.tokens()[next].length);
                    assertTrue((size + 1) * widened > limit);
                }
            }
            assertEquals(whole.size(), next);
        }
    }

    @Test
    void partsForLanesAreAsEvenAsTheOrderAllows() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(3);
        for (int trial = 0; trial < 200; trial++) {
            TokenBatch whole = batch(random.ints(1 + random.nextInt(40), 1, 60).toArray());
            int limit = 100 + random.nextInt(500);
            int lanes = 1 + random.nextInt(4);
            int fewest = MicroBatch.split(whole, limit, CAUSAL).size();
            List<MicroBatch> parts = MicroBatch.even(whole, limit, CAUSAL, lanes);
            assertTrue(parts.size() <= (fewest + lanes - 1) / lanes * lanes);
            int largest = parts.stream()
                    .mapToInt(part -> part.batch().size() * part.batch().longest())
                    .max()
                    .orElseThrow();
            assertTrue(largest <= limit);
            assertEquals(
                    whole.size(),
                    parts.stream().mapToInt(part -> part.batch().size()).sum());
            if (largest > 64) {
                assertTrue(MicroBatch.split(whole, largest - 1, CAUSAL).size() > parts.size());
            }
        }
    }

    @Test
    void roundsHaveAPartForEachLane() {
        TokenBatch whole = batch(20, 20, 20, 20, 20, 20, 20, 20, 20, 20);
        assertEquals(
                List.of(List.of(4, 4, 2)),
                MicroBatch.rounds(whole, 8192, CAUSAL, 3).stream()
                        .map(round ->
                                round.stream().map(part -> part.batch().size()).toList())
                        .toList());
        assertEquals(1, MicroBatch.rounds(whole, 8192, CAUSAL, 1).get(0).size());
    }

    @Test
    void aDialogueThatIsEncodedForEachReplyCountsAsOften() {
        int[][] tokens = new int[4][10];
        int[][] actions = {{2, 5, 8}, {9}, {9}, {1, 3, 5, 7}};
        TokenBatch whole = new TokenBatch(tokens, actions);
        List<Integer> sizes = MicroBatch.split(whole, 50, Architecture.Reading.ENCODER_DECODER).stream()
                .map(part -> part.batch().size())
                .toList();
        // 4 replies and the state after the last token; 1; 1; 5.
        assertEquals(List.of(2, 1, 1), sizes);
        assertEquals(1, MicroBatch.split(whole, 50, CAUSAL).size());
    }

    @Test
    void nothingHasNoParts() {
        assertEquals(List.of(), MicroBatch.split(batch(), 10, CAUSAL));
    }

    @Test
    void aPieceOfALargeNetworkIsSmallerThanOneOfASmall() {
        assertEquals(8192, MicroBatch.tokens(Gpt2.of(100, 64, 8, 1, 1), 3e9));
        assertEquals(320, MicroBatch.tokens(Gpt2.of(2_000, 128, 160, 6, 5), 3e9));
        assertEquals(512, MicroBatch.tokens(Gpt2.of(50_257, 1024, 768, 12, 12), 3e9));
        assertEquals(4018, MicroBatch.tokens(Gpt2.of(50_257, 1024, 768, 12, 12), 3e12));
    }
}
