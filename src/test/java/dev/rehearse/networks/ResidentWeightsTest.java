package dev.rehearse.networks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rehearse.networks.Decoding.Choice;
import dev.rehearse.networks.Decoding.Choosing;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ResidentWeightsTest {
    /** All its weights stay plain, and all of the other's are in blocks. */
    private static final Architecture SMALL = Gpt2.of(61, 32, 32, 2, 4);

    private static final Architecture LARGE = Gpt2.of(300, 32, 256, 2, 4);
    private static final int[] PROMPT = {3, 60, 7, 0, 22};

    private static Device device;

    @BeforeAll
    static void open() {
        device = TestDevice.open();
    }

    @AfterAll
    static void close() {
        device.close();
    }

    private static TorchNetwork network(Architecture architecture, WeightType type) {
        assumeTrue(device.supports(type), "the processor has no instructions for bf16");
        return TorchNetwork.create(device, architecture, NetworkOptions.serving(device, type), 5);
    }

    private static Choosing greedy(int rows) {
        float[] ones = new float[rows];
        Arrays.fill(ones, 1);
        return new Choosing.Each(new float[rows], new int[rows], ones, new float[rows], 3);
    }

    /** The same prompt in each of the rows, then one more token of each. */
    private static Choice afterOneMoreToken(TorchNetwork network, int rows) {
        try (Decoding decoding = network.decoding(rows, 32, Device.Priority.SERVING)) {
            int[][] prompts = new int[rows][];
            Arrays.fill(prompts, PROMPT);
            decoding.prefill(IntStream.range(0, rows).toArray(), prompts, greedy(rows));
            int[] tokens = new int[rows];
            int[] positions = new int[rows];
            Arrays.fill(tokens, 9);
            Arrays.fill(positions, PROMPT.length);
            return decoding.decode(tokens, positions, greedy(rows));
        }
    }

    @ParameterizedTest
    @CsvSource({"F32, 1, 1e-5", "F32, 6, 1e-5", "BF16, 1, 0.02", "BF16, 6, 0.02", "INT8, 1, 0.05", "INT8, 6, 0.05"})
    void logProbabilitiesAreThoseOfTheWeightsAsStored(WeightType type, int rows, double tolerance) {
        Architecture oddWidth = Gpt2.of(300, 32, 232, 2, 4); // the int8 kernel wants multiples of 32
        Llama small = Llama.of(61, 32, 32, 2, 4, 2);
        Llama large = Llama.of(61, 32, 256, 2, 4, 2);
        for (Architecture shape :
                List.of(SMALL, LARGE, oddWidth, small, large, Llamas.qwen2(61, 32), Llamas.wideQwen2(61, 32))) {
            assertAsStored(shape, type, rows, tolerance);
        }
    }

    private static void assertAsStored(Architecture shape, WeightType type, int rows, double tolerance) {
        try (TorchNetwork stored = TorchNetwork.create(device, shape, NetworkOptions.exact(), 5);
                TorchNetwork resident = network(shape, type)) {
            Choice choice = afterOneMoreToken(resident, rows);
            int[] sequence = Arrays.copyOf(PROMPT, PROMPT.length + 2);
            sequence[PROMPT.length] = 9;
            for (int row = 0; row < rows; row++) {
                sequence[PROMPT.length + 1] = choice.tokens()[row];
                TokenBatch batch = new TokenBatch(new int[][] {sequence}, new int[][] {{PROMPT.length + 1}});
                assertEquals(stored.read(batch).logProbs()[0][0], choice.logProbs()[row], tolerance);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = WeightType.class)
    void aHeadOfItsOwnIsUsed(WeightType type) {
        Architecture untied = new Gpt2(1000, 32, 64, 2, 4, 1e-5, true, false);
        try (TorchNetwork stored = TorchNetwork.create(device, untied, NetworkOptions.exact(), 5);
                TorchNetwork resident = network(untied, type)) {
            Choice choice = afterOneMoreToken(resident, 1);
            int[] sequence = {3, 60, 7, 0, 22, 9, choice.tokens()[0]};
            TokenBatch batch = new TokenBatch(new int[][] {sequence}, new int[][] {{6}});
            assertEquals(stored.read(batch).logProbs()[0][0], choice.logProbs()[0], 0.05);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = WeightType.class,
            names = {"F32", "BF16"})
    void aRowIsTheSameAloneAndAmongOthers(WeightType type) {
        for (Architecture shape : List.of(SMALL, LARGE)) {
            assertTheSameAloneAndAmongOthers(shape, type);
        }
    }

    private static void assertTheSameAloneAndAmongOthers(Architecture shape, WeightType type) {
        try (TorchNetwork network = network(shape, type)) {
            Choice alone = afterOneMoreToken(network, 1);
            Choice among = afterOneMoreToken(network, 16);
            for (int row = 0; row < 16; row++) {
                assertEquals(alone.tokens()[0], among.tokens()[row]);
                assertArrayEquals(alone.topTokens()[0], among.topTokens()[row]);
                assertEquals(alone.logProbs()[0], among.logProbs()[row], 1e-5);
            }
        }
    }

    @Test
    void learningAndBlendingReachWhatGenerates() {
        for (Architecture shape : List.of(SMALL, LARGE)) {
            assertLearningAndBlendingReachWhatGenerates(shape);
        }
    }

    private static void assertLearningAndBlendingReachWhatGenerates(Architecture shape) {
        try (TorchNetwork network = network(shape, WeightType.F32);
                TorchNetwork other = TorchNetwork.create(device, shape, NetworkOptions.exact(), 6);
                Decoding decoding = network.decoding(1, 32, Device.Priority.SERVING)) {
            float before = afterPrompt(decoding);
            TokenBatch batch = new TokenBatch(new int[][] {PROMPT}, new int[][] {{1, 2, 3, 4}});
            network.fit(batch, new Objective.Imitation(), new LearningRates(0.05, 0, 1));
            float learned = afterPrompt(decoding);
            assertNotEquals(before, learned, 1e-4);
            network.blend(other, 1);
            try (Decoding expected = other.decoding(1, 32, Device.Priority.SERVING)) {
                assertEquals(afterPrompt(expected), afterPrompt(decoding), 1e-5);
            }
        }
    }

    private static float afterPrompt(Decoding decoding) {
        return decoding.prefill(new int[] {0}, new int[][] {PROMPT}, greedy(1)).logProbs()[0];
    }
}
