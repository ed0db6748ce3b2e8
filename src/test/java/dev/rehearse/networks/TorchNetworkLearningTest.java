package dev.rehearse.networks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rehearse.networks.Device.Priority;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TorchNetworkLearningTest {
    private static final Gpt2 SMALL = Gpt2.of(11, 16, 8, 2, 2);
    private static final TokenBatch BATCH = new TokenBatch(
            new int[][] {{1, 2, 3, 4, 5}, {6, 7, 8}, {9, 10, 0, 1}}, new int[][] {{2, 3, 4}, {1, 2}, {3}});
    private static final LearningRates RATES = new LearningRates(1e-2, 1e-2, 1);
    private static Device device;

    @BeforeAll
    static void open() {
        device = TestDevice.open();
    }

    @AfterAll
    static void close() {
        device.close();
    }

    private static TorchNetwork small(long seed) {
        return TorchNetwork.create(device, SMALL, NetworkOptions.exact(), seed);
    }

    private static TokenBatch randomBatch(int size, int longest) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(4);
        int[][] tokens = new int[size][];
        int[][] actions = new int[size][];
        for (int b = 0; b < size; b++) {
            tokens[b] = random.ints(2 + random.nextInt(longest - 1), 0, 11).toArray();
            actions[b] = new int[] {1 + random.nextInt(tokens[b].length - 1)};
        }
        return new TokenBatch(tokens, actions);
    }

    private static float[] logProbs(QNetwork network) {
        Readings readings = network.read(BATCH);
        return Rows.join(readings.logProbs(), 0, BATCH.size());
    }

    private static float[] values(QNetwork network) {
        return Rows.join(network.read(BATCH).values(), 0, BATCH.size());
    }

    private static Objective returns(float value) {
        float[][] returns = new float[BATCH.size()][];
        for (int b = 0; b < returns.length; b++) {
            returns[b] = new float[BATCH.actions()[b].length];
            Arrays.fill(returns[b], value);
        }
        return new Objective.ValueRegression(returns);
    }

    private static int arrays() {
        return device.call(
                Priority.TRAINING, () -> device.manager().getManagedArrays().size());
    }

    @Test
    void aSequenceReadsTheSameAloneAndAmongMicroBatches() {
        TokenBatch many = randomBatch(90, 250);
        try (TorchNetwork network = TorchNetwork.create(device, Gpt2.of(11, 256, 8, 1, 2), NetworkOptions.exact(), 3)) {
            assertTrue(network.division().rounds(many).stream()
                            .flatMap(List::stream)
                            .count()
                    > 1);
            float[][] returns = new float[many.size()][];
            Arrays.setAll(returns, b -> new float[] {b});
            network.fit(many, new Objective.ValueRegression(returns), RATES);
            network.fit(many, new Objective.Imitation(), RATES);
            Readings together = network.read(many);
            for (int b = 0; b < many.size(); b += 7) {
                Readings alone = network.read(many.slice(b, b + 1));
                assertArrayEquals(alone.logProbs()[0], together.logProbs()[b], 1e-5f);
                assertArrayEquals(alone.values()[0], together.values()[b], 1e-5f);
            }
        }
    }

    @Test
    void theLastPlaceOfTheContextCanBeLearnedWhateverTheContext() {
        for (int context = 5; context <= 8; context++) {
            int[][] tokens = {new int[context], {1, 2}};
            TokenBatch batch = new TokenBatch(tokens, new int[][] {{context - 1}, {1}});
            try (TorchNetwork network =
                    TorchNetwork.create(device, Gpt2.of(11, context, 8, 1, 2), NetworkOptions.exact(), 3)) {
                double before =
                        network.fit(batch, new Objective.Imitation(), RATES).loss();
                assertTrue(network.fit(batch, new Objective.Imitation(), RATES).loss() < before);
            }
        }
    }

    @Test
    void aSequenceLongerThanTheContextIsRefused() {
        TokenBatch batch = new TokenBatch(new int[][] {new int[17]}, new int[][] {{1}});
        try (TorchNetwork network = small(1)) {
            String message = assertThrows(IllegalArgumentException.class, () -> network.read(batch))
                    .getMessage();
            assertEquals("a sequence of 17 tokens; the context holds 16", message);
        }
    }

    @Test
    void aSequenceWithoutActionsHasTheValueOfItsStart() {
        TokenBatch batch = new TokenBatch(new int[][] {{1, 2, 3}}, new int[][] {{}});
        try (TorchNetwork network = small(1)) {
            network.resetValue(0.5);
            Readings readings = network.read(batch);
            assertEquals(0, readings.logProbs()[0].length);
            assertArrayEquals(new float[] {0.5f}, readings.values()[0]);
            assertEquals(0, network.fit(batch, new Objective.Imitation(), RATES).loss());
        }
    }

    @Test
    void equalSeedsGiveEqualNetworksAndOtherSeedsOthers() {
        try (TorchNetwork one = small(1);
                TorchNetwork same = small(1);
                TorchNetwork other = small(2)) {
            assertArrayEquals(logProbs(one), logProbs(same));
            assertTrue(!Arrays.equals(logProbs(one), logProbs(other)));
        }
    }

    @Test
    void imitationMakesTheActionsProbable() {
        try (TorchNetwork network = small(1)) {
            Fit last = network.fit(BATCH, new Objective.Imitation(), RATES);
            for (int step = 0; step < 60; step++) {
                last = network.fit(BATCH, new Objective.Imitation(), RATES);
            }
            assertTrue(last.loss() < 0.1, "loss " + last.loss());
        }
    }

    @Test
    void equalFitsOfEqualNetworksAreEqualBitForBit() {
        try (TorchNetwork one = small(1);
                TorchNetwork same = small(1)) {
            for (int step = 0; step < 5; step++) {
                assertEquals(
                        one.fit(BATCH, new Objective.Imitation(), RATES).loss(),
                        same.fit(BATCH, new Objective.Imitation(), RATES).loss());
            }
            assertArrayEquals(logProbs(one), logProbs(same));
        }
    }

    @Test
    void theModelsRateZeroLeavesThePolicyAsItIs() {
        try (TorchNetwork network = small(1)) {
            float[] before = logProbs(network);
            double loss = network.fit(BATCH, returns(2), new LearningRates(0, 1e-2, 1))
                    .loss();
            assertTrue(network.fit(BATCH, returns(2), new LearningRates(0, 1e-2, 1))
                            .loss()
                    < loss);
            assertArrayEquals(before, logProbs(network));
        }
    }

    @Test
    void aCopyAndItsOriginalGoTheirOwnWays() {
        try (TorchNetwork original = small(1);
                TorchNetwork copy = original.copy()) {
            float[] before = logProbs(original);
            assertArrayEquals(before, logProbs(copy));
            copy.fit(BATCH, new Objective.Imitation(), RATES);
            assertArrayEquals(before, logProbs(original));
            float[] moved = logProbs(copy);
            original.fit(BATCH, returns(1), RATES);
            original.close();
            assertArrayEquals(moved, logProbs(copy));
        }
    }

    @Test
    void blendingByOneCopiesByZeroKeepsAndByHalfMeets() {
        try (TorchNetwork target = small(1);
                TorchNetwork source = small(2)) {
            target.resetValue(1);
            source.resetValue(3);
            float[] before = logProbs(target);
            target.blend(source, 0);
            assertArrayEquals(before, logProbs(target));
            target.blend(source, 0.5);
            assertEquals(2, values(target)[0], 1e-6);
            target.blend(source, 1);
            assertArrayEquals(logProbs(source), logProbs(target));
        }
    }

    @Test
    void aNetworkLearnsOnAfterItWasBlendedAndReset() {
        try (TorchNetwork network = small(1);
                TorchNetwork other = small(2)) {
            network.fit(BATCH, returns(1), RATES);
            network.blend(other, 1);
            network.resetValue(0.25);
            assertEquals(0.25, values(network)[0], 1e-6);
            double loss = network.fit(BATCH, returns(1), RATES).loss();
            assertEquals(0.5 * 0.75 * 0.75, loss, 1e-6);
            assertTrue(network.fit(BATCH, returns(1), RATES).loss() < loss);
        }
    }

    @Test
    void aFitBrokenOffLeavesNothingBehind() {
        SoftQLoss loss = new SoftQLoss(1, 0, 1, 0, 0);
        float[][] prior = new float[][] {{-1, -1, -1}, {-1, -1}, {-1}};
        float[] ones = {1, 1, 1};
        try (TorchNetwork broken = small(1);
                TorchNetwork fresh = small(1);
                TorchNetwork frozen = small(3)) {
            broken.fit(BATCH, new Objective.Imitation(), RATES);
            fresh.fit(BATCH, new Objective.Imitation(), RATES);
            Objective failing = new Objective.SoftQ(
                    (first, readings) -> {
                        throw new IllegalStateException("no targets");
                    },
                    prior,
                    ones,
                    new float[3],
                    frozen,
                    loss);
            int before = arrays();
            assertThrows(IllegalStateException.class, () -> broken.fit(BATCH, failing, RATES));
            assertEquals(before, arrays());
            assertEquals(
                    fresh.fit(BATCH, returns(1), RATES).gradientNorm(),
                    broken.fit(BATCH, returns(1), RATES).gradientNorm());
            assertArrayEquals(logProbs(fresh), logProbs(broken));
        }
    }

    @Test
    void learningWithBrainFloatsStaysCloseToLearningWithFloats() {
        NetworkOptions options = new NetworkOptions(ComputeType.BF16, 0, NetworkOptions.ValueTrunk.SHARED);
        try (TorchNetwork exact = small(1);
                TorchNetwork rough = exact.copy(options)) {
            for (int step = 0; step < 10; step++) {
                Fit expected = exact.fit(BATCH, new Objective.Imitation(), RATES);
                Fit actual = rough.fit(BATCH, new Objective.Imitation(), RATES);
                assertEquals(expected.loss(), actual.loss(), 0.03 * expected.loss() + 0.01, "step " + step);
                assertEquals(expected.gradientNorm(), actual.gradientNorm(), 0.1 * expected.gradientNorm());
            }
        }
    }

    @Test
    void aTrainedNetworkReadsAlmostTheSameInBrainFloats() {
        NetworkOptions options = new NetworkOptions(ComputeType.BF16, 0, NetworkOptions.ValueTrunk.SHARED);
        try (TorchNetwork exact = small(1)) {
            fit(exact, 40);
            try (TorchNetwork rough = exact.copy(options)) {
                assertArrayEquals(logProbs(exact), logProbs(rough), 0.02f);
                assertTrue(!Arrays.equals(logProbs(exact), logProbs(rough)));
            }
        }
    }

    @Test
    void aStoppedTrunkKeepsTheValuesLossFromThePolicy() {
        NetworkOptions stopped = new NetworkOptions(ComputeType.F32, 0, NetworkOptions.ValueTrunk.STOPPED);
        try (TorchNetwork shared = small(1);
                TorchNetwork separate = shared.copy(stopped)) {
            float[] before = logProbs(shared);
            for (int step = 0; step < 3; step++) {
                shared.fit(BATCH, returns(2), RATES);
                separate.fit(BATCH, returns(2), RATES);
            }
            assertArrayEquals(before, logProbs(separate));
            assertTrue(!Arrays.equals(before, logProbs(shared)));
        }
    }

    @Test
    void twoNetworksLearnAtTheSameTimeAsTheyWouldAlone() throws InterruptedException {
        try (TorchNetwork alone = small(1);
                TorchNetwork one = small(1);
                TorchNetwork other = small(2)) {
            Thread neighbour = new Thread(() -> fit(other, 20));
            neighbour.start();
            fit(one, 20);
            neighbour.join();
            fit(alone, 20);
            assertArrayEquals(logProbs(alone), logProbs(one));
        }
    }

    private static void fit(QNetwork network, int steps) {
        for (int step = 0; step < steps; step++) {
            network.fit(BATCH, new Objective.Imitation(), RATES);
        }
    }

    @Test
    void fitsAndDecodesKeepNoArrayAlive() {
        int empty = arrays();
        SoftQLoss loss = new SoftQLoss(1, 1, 1, 0.1, 0.1);
        float[][] numbers = new float[][] {{-1, -1, -1}, {-1, -1}, {-1}};
        float[] ones = {1, 1, 1};
        try (TorchNetwork network = small(1);
                TorchNetwork frozen = small(2);
                Decoding decoding = network.decodingBeside(frozen, 2, 16)) {
            Objective soft = new Objective.SoftQ((first, readings) -> numbers, numbers, ones, ones, frozen, loss);
            int settled = 0;
            for (int step = 0; step < 40; step++) {
                network.fit(BATCH, soft, RATES);
                frozen.blend(network, 0.01);
                network.read(BATCH);
                decoding.prefill(
                        new int[] {0, 1},
                        new int[][] {{1}, {2, 3}},
                        new Decoding.Choosing.Explore(0.1, 1, 1, 0, new float[2]));
                decoding.decode(
                        new int[] {1, 2}, new int[] {1, 2}, new Decoding.Choosing.Explore(0.1, 1, 1, 3, new float[2]));
                settled = step == 1 ? arrays() : settled;
            }
            assertEquals(settled, arrays());
        }
        assertEquals(empty, arrays());
    }
}
