package dev.rehearse.networks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rehearse.networks.Decoding.Choice;
import dev.rehearse.networks.Decoding.Choosing;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenChoiceTest {
    private static final int ROWS = 256;
    /** Probabilities 0.1, 0.5, 0.15, 0.25 at temperature 1. */
    private static final float[] QUARTERS = {
        (float) Math.log(0.1), (float) Math.log(0.5), (float) Math.log(0.15), (float) Math.log(0.25)
    };

    private static Device device;

    @BeforeAll
    static void open() {
        device = TestDevice.open();
    }

    @AfterAll
    static void close() {
        device.close();
    }

    private static float[] filled(int rows, double value) {
        float[] numbers = new float[rows];
        Arrays.fill(numbers, (float) value);
        return numbers;
    }

    private static Choosing.Each each(double temperature, int topK, double topP, float... uniform) {
        int[] limits = new int[uniform.length];
        Arrays.fill(limits, topK);
        return new Choosing.Each(filled(uniform.length, temperature), limits, filled(uniform.length, topP), uniform, 1);
    }

    private static Choice choose(Decoding decoding, Choosing choosing, int rows) {
        int[][] prompts = new int[rows][];
        Arrays.fill(prompts, new int[] {0});
        return decoding.prefill(IntStream.range(0, rows).toArray(), prompts, choosing);
    }

    /** Evenly spaced numbers: each token's count is its probability to within one draw. */
    private static float[] even(int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (i + 0.5f) / count;
        }
        return numbers;
    }

    private static int[] counts(Choice choice, int vocabulary) {
        int[] counts = new int[vocabulary];
        for (int token : choice.tokens()) {
            counts[token]++;
        }
        return counts;
    }

    @Test
    void greedyTakesTheMostProbableAndOfEqualsTheSmallestId() {
        try (TorchNetwork network = FixedLogits.network(device, -1, 3, 0, 3, 3, 2);
                Decoding decoding = network.decoding(2, 8, Device.Priority.SERVING)) {
            assertArrayEquals(
                    new int[] {1, 1},
                    choose(decoding, each(0, 0, 1, 0.1f, 0.9f), 2).tokens());
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "0.5, 0", "2, 0", "1, 12"})
    void drawsFollowSoftmaxAtTheTemperature(double temperature, int topK) {
        float[] logits = {0.3f, -1, 2, 0, 1.5f, -0.2f, 0.7f, -2, 1, 0.1f, -0.5f, 0.9f};
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(8);
        int[] counts = new int[logits.length];
        int rounds = 40;
        try (TorchNetwork network = FixedLogits.network(device, logits);
                Decoding decoding = network.decoding(ROWS, 4, Device.Priority.SERVING)) {
            for (int round = 0; round < rounds; round++) {
                float[] uniform = new float[ROWS];
                for (int row = 0; row < ROWS; row++) {
                    uniform[row] = random.nextFloat();
                }
                // A limit as large as the vocabulary takes the way of truncated rows and changes nothing.
                int[] drawn = counts(choose(decoding, each(temperature, topK, 1, uniform), ROWS), logits.length);
                Arrays.setAll(counts, v -> counts[v] + drawn[v]);
            }
        }
        double[] expected = FixedLogits.softmax(logits, temperature);
        double chiSquared = 0;
        for (int v = 0; v < logits.length; v++) {
            double mean = expected[v] * rounds * ROWS;
            chiSquared += (counts[v] - mean) * (counts[v] - mean) / mean;
        }
        // 11 degrees of freedom: exceeded once in a thousand fair draws.
        assertTrue(chiSquared < 31.3, "chi-squared is " + chiSquared);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1,    0.1,  0.5,   0.15, 0.25",
        "1, 1,    0,    1,     0,    0",
        "2, 1,    0,    0.667, 0,    0.333",
        "3, 1,    0,    0.556, 0.167, 0.278",
        "9, 1,    0.1,  0.5,   0.15, 0.25",
        "0, 0.01, 0,    1,     0,    0",
        "0, 0.6,  0,    0.667, 0,    0.333",
        "0, 0.8,  0,    0.556, 0.167, 0.278",
        "2, 0.6,  0,    1,     0,    0",
        "3, 0.8,  0,    0.667, 0,    0.333",
    })
    void truncationKeepsTheMostProbableAndTheirProportions(
            int topK, double topP, double p0, double p1, double p2, double p3) {
        try (TorchNetwork network = FixedLogits.network(device, QUARTERS);
                Decoding decoding = network.decoding(ROWS, 4, Device.Priority.SERVING)) {
            int[] counts = counts(choose(decoding, each(1, topK, topP, even(ROWS)), ROWS), 4);
            double[] expected = {p0, p1, p2, p3};
            for (int v = 0; v < 4; v++) {
                assertEquals(expected[v] * ROWS, counts[v], expected[v] == 0 ? 0 : 1.2, "token " + v);
            }
        }
    }

    @Test
    void aRowsDrawDoesNotDependOnItsNeighbours() {
        float[] uniform = even(64);
        try (TorchNetwork network = FixedLogits.network(device, QUARTERS);
                Decoding decoding = network.decoding(65, 4, Device.Priority.SERVING)) {
            int[] alone = choose(decoding, each(1, 0, 1, uniform), 64).tokens();
            Choosing.Each mixed = each(1, 0, 1, Arrays.copyOf(uniform, 65));
            mixed.topK()[64] = 2;
            assertArrayEquals(alone, Arrays.copyOf(choose(decoding, mixed, 65).tokens(), 64));
            mixed.topK()[64] = 0;
            mixed.topP()[64] = 0.5f;
            assertArrayEquals(alone, Arrays.copyOf(choose(decoding, mixed, 65).tokens(), 64));
            mixed.temperature()[64] = 0;
            assertArrayEquals(alone, Arrays.copyOf(choose(decoding, mixed, 65).tokens(), 64));
        }
    }

    @Test
    void editsDivideOrMultiplyThenShiftAndLeaveOtherRowsAndLogProbabilitiesAlone() {
        float[] logits = {2, 1.5f, -1, 0};
        double[] log = FixedLogits.softmax(logits, 1);
        try (TorchNetwork network = FixedLogits.network(device, logits);
                Decoding decoding = network.decoding(5, 4, Device.Priority.SERVING)) {
            Decoding.LogitEdits edits = new Decoding.LogitEdits(
                    new int[] {1, 2, 2, 3, 3, 3, 4},
                    new int[] {0, 0, 1, 0, 1, 2, 3},
                    new float[] {1, 2, 1, 1, 1, 0.1f, 1},
                    new float[] {-0.6f, 0, -2, -3, -3, 0, 100});
            float[] zero = new float[5];
            Choosing.Each greedy =
                    new Choosing.Each(zero, new int[5], filled(5, 1), zero, 1, edits, Decoding.Guidance.OWN);
            Choice choice = choose(decoding, greedy, 5);
            // Row 2: 2/2 = 1 beats 1.5 - 2; row 3: -1 · 0.1 = -0.1, below the untouched 0.
            assertArrayEquals(new int[] {0, 1, 0, 3, 3}, choice.tokens());
            for (int row = 0; row < 5; row++) {
                assertEquals(Math.log(log[choice.tokens()[row]]), choice.logProbs()[row], 1e-5);
                assertEquals(0, choice.topTokens()[row][0]);
            }
        }
    }

    @Test
    void aCutWiderThanTheFirstTokensLooksAtTheWholeVocabulary() {
        float[] flat = new float[600];
        for (int v = 0; v < flat.length; v++) {
            flat[v] = -v * 1e-4f;
        }
        try (TorchNetwork network = FixedLogits.network(device, flat);
                Decoding decoding = network.decoding(3, 4, Device.Priority.SERVING)) {
            float last = Math.nextDown(1f);
            assertArrayEquals(
                    new int[] {589, 589, 589},
                    choose(decoding, each(1, 590, 1, last, last, last), 3).tokens());
            int[] nucleus = choose(decoding, each(1, 0, 0.99, last, last, 0), 3).tokens();
            assertTrue(nucleus[0] > 512 && nucleus[0] < 599, "token " + nucleus[0]);
            assertEquals(0, nucleus[2]);
            Choosing.Each mixed = each(1, 3, 1, last, last, last);
            mixed.topK()[1] = 590;
            assertArrayEquals(new int[] {2, 589, 2}, choose(decoding, mixed, 3).tokens());
        }
    }

    @Test
    void alternativesAreComputedOnlyWhenAskedFor() {
        try (TorchNetwork network = FixedLogits.network(device, QUARTERS);
                Decoding decoding = network.decoding(1, 4, Device.Priority.SERVING)) {
            Choosing none = new Choosing.Each(new float[1], new int[1], new float[] {1}, new float[1], 0);
            Choice choice = choose(decoding, none, 1);
            assertEquals(QUARTERS[1], choice.logProbs()[0], 1e-5);
            assertEquals(0, choice.topTokens()[0].length);
        }
    }

    @Test
    void greedyAndDrawnRowsMayShareABatch() {
        try (TorchNetwork network = FixedLogits.network(device, QUARTERS);
                Decoding decoding = network.decoding(3, 4, Device.Priority.SERVING)) {
            Choosing.Each mixed = each(1, 0, 1, 0.05f, 0.05f, 0.999f);
            mixed.temperature()[1] = 0;
            assertArrayEquals(new int[] {0, 1, 3}, choose(decoding, mixed, 3).tokens());
        }
    }

    @Test
    void logProbabilitiesAreThoseOfTheUntruncatedPolicyAtTemperatureOne() {
        try (TorchNetwork network = FixedLogits.network(device, QUARTERS);
                Decoding decoding = network.decoding(ROWS, 4, Device.Priority.SERVING)) {
            Choosing.Each chosen = each(0.7, 3, 0.95, even(ROWS));
            Choice choice = choose(
                    decoding,
                    new Choosing.Each(chosen.temperature(), chosen.topK(), chosen.topP(), even(ROWS), 4),
                    ROWS);
            for (int row = 0; row < ROWS; row++) {
                assertEquals(QUARTERS[choice.tokens()[row]], choice.logProbs()[row], 1e-5);
                assertArrayEquals(new int[] {1, 3, 2, 0}, choice.topTokens()[row]);
                assertEquals(QUARTERS[2], choice.topLogProbs()[row][2], 1e-5);
            }
        }
    }

    @Test
    void theEndsOfTheUnitIntervalAreTokensThatCanBeDrawn() {
        float most = Math.nextDown(1f);
        try (TorchNetwork network = FixedLogits.network(device, -200, 0, -200, 1, -200);
                Decoding decoding = network.decoding(4, 4, Device.Priority.SERVING)) {
            Choosing.Each ends = each(1, 0, 1, 0, most, 0, most);
            ends.topK()[2] = 2;
            ends.topK()[3] = 2;
            assertArrayEquals(new int[] {1, 3, 3, 1}, choose(decoding, ends, 4).tokens());
        }
    }

    /** Keeps the k most probable and renormalises. */
    private static double[] truncated(float[] logits, double temperature, int k) {
        double[] p = FixedLogits.softmax(logits, temperature);
        if (k == 0) {
            return p;
        }
        double least = Arrays.stream(p).sorted().toArray()[p.length - k];
        double sum = Arrays.stream(p).filter(x -> x >= least).sum();
        return Arrays.stream(p).map(x -> x >= least ? x / sum : 0).toArray();
    }

    @ParameterizedTest
    @CsvSource({"0.3, 1, 1, 0", "0.5, 0.7, 1.5, 3", "0, 1, 1, 0", "1, 1, 2, 2"})
    void explorationDrawsFromTheMixtureAndReportsItsLogProbability(
            double epsilon, double temperature, double priorTemperature, int topK) {
        float[] policy = {0, 1, 2, -1, 0.5f};
        float[] prior = {2, 0, -1, 1, 0.2f};
        double[] pi = truncated(policy, temperature, topK);
        double[] pi0 = truncated(prior, priorTemperature, topK);
        try (TorchNetwork network = FixedLogits.network(device, policy);
                TorchNetwork beside = FixedLogits.network(device, prior);
                Decoding decoding = network.decodingBeside(beside, ROWS, 4)) {
            Choosing explore = new Choosing.Explore(epsilon, temperature, priorTemperature, topK, even(ROWS));
            Choice choice = choose(decoding, explore, ROWS);
            int[] counts = counts(choice, policy.length);
            for (int v = 0; v < policy.length; v++) {
                double expected = (1 - epsilon) * pi[v] + epsilon * pi0[v];
                assertEquals(expected * ROWS, counts[v], expected == 0 ? 0 : 1.2, "token " + v);
            }
            for (int row = 0; row < ROWS; row++) {
                int v = choice.tokens()[row];
                assertEquals(Math.log((1 - epsilon) * pi[v] + epsilon * pi0[v]), choice.logProbs()[row], 1e-5);
            }
        }
    }

    @Test
    void explorationNeedsAPrior() {
        try (TorchNetwork network = FixedLogits.network(device, QUARTERS);
                Decoding decoding = network.decoding(1, 4, Device.Priority.SERVING)) {
            Choosing explore = new Choosing.Explore(0.1, 1, 1, 0, new float[1]);
            assertThrows(IllegalStateException.class, () -> choose(decoding, explore, 1));
        }
    }
}
