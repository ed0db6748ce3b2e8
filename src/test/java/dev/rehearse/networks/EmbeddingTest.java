package dev.rehearse.networks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EmbeddingTest {
    private static final int VOCABULARY = 23;
    private static final int CONTEXT = 40;

    private static Device device;

    @BeforeAll
    static void open() {
        device = TestDevice.open();
    }

    @AfterAll
    static void close() {
        device.close();
    }

    static List<Architecture> families() {
        return List.of(Gpt2.of(VOCABULARY, CONTEXT, 32, 2, 4), Llama.of(VOCABULARY, CONTEXT, 32, 2, 4, 2));
    }

    private static int[] tokens(int length) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(length);
        return random.ints(length, 0, VOCABULARY).toArray();
    }

    @ParameterizedTest
    @MethodSource("families")
    void neitherNeighboursNorPaddingNorPiecesChangeAnything(Architecture architecture) {
        int[][] many = new int[1_000][];
        Arrays.setAll(many, b -> tokens(1 + b % CONTEXT));
        try (TorchNetwork network = TorchNetwork.create(device, architecture, NetworkOptions.exact(), 1)) {
            float[][] together = network.embed(many);
            assertEquals(many.length, together.length);
            for (int b = 0; b < many.length; b += 37) {
                assertArrayEquals(network.embed(new int[][] {many[b]})[0], together[b], 1e-5f);
            }
        }
    }

    /** Of a causal network, n means of n tokens less n − 1 means of n − 1 are the state of the n-th: it speaks. */
    @Test
    void itIsTheMeanOfTheStatesThatTheNextTokensAreReadFrom() {
        int[] sequence = tokens(9);
        Gpt2 shape = Gpt2.of(VOCABULARY, CONTEXT, 32, 2, 4);
        try (TorchNetwork network = TorchNetwork.create(device, shape, NetworkOptions.exact(), 1)) {
            float[][] means = network.embed(new int[][] {Arrays.copyOf(sequence, 7), Arrays.copyOf(sequence, 8)});
            float[] table = device.call(
                    Device.Priority.TRAINING, () -> network.weights().numbers("wte.weight"));
            double[] logits = new double[VOCABULARY];
            for (int v = 0; v < VOCABULARY; v++) {
                for (int d = 0; d < 32; d++) {
                    logits[v] += (8 * means[1][d] - 7 * means[0][d]) * table[v * 32 + d];
                }
            }
            double whole = Math.log(Arrays.stream(logits).map(Math::exp).sum());
            TokenBatch batch = new TokenBatch(new int[][] {sequence}, new int[][] {{8}});
            assertEquals(network.read(batch).logProbs()[0][0], logits[sequence[8]] - whole, 1e-4);
        }
    }

    @Test
    void whatHasNoTokenOrTooManyIsRefused() {
        try (TorchNetwork network = TorchNetwork.create(device, families().get(0), NetworkOptions.exact(), 1)) {
            assertEquals(
                    "a sequence of 0 tokens; allowed: 1 to 40",
                    assertThrows(IllegalArgumentException.class, () -> network.embed(new int[][] {{1}, {}}))
                            .getMessage());
            assertThrows(IllegalArgumentException.class, () -> network.embed(new int[][] {new int[CONTEXT + 1]}));
            assertEquals(0, network.embed(new int[0][]).length);
        }
    }
}
