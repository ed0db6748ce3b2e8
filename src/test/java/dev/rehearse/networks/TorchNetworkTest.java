package dev.rehearse.networks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TorchNetworkTest {
    private static final double PARITY = 2e-4;
    private static Device device;

    @BeforeAll
    static void open() {
        device = TestDevice.open();
    }

    @AfterAll
    static void close() {
        device.close();
    }

    private static final class Expected {
        int[][] input_ids;
        float[][] logits_last;
        float[][] logits_position_3;
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-erf", "gpt2-tanh", "llama-gqa"})
    void agreesWithThePublishedImplementationsLogits(String fixture) throws Exception {
        Path directory = Path.of(TorchNetworkTest.class.getResource(fixture).toURI());
        Expected expected = new Gson()
                .fromJson(
                        new InputStreamReader(
                                TorchNetworkTest.class.getResourceAsStream(fixture + "/expected.json"),
                                StandardCharsets.UTF_8),
                        Expected.class);
        try (TorchNetwork network = TorchNetwork.open(device, directory, NetworkOptions.exact())) {
            for (int b = 0; b < expected.input_ids.length; b++) {
                int[] ids = expected.input_ids[b];
                assertLogProbs(expected.logits_last[b], network, ids);
                assertLogProbs(expected.logits_position_3[b], network, Arrays.copyOf(ids, 4));
            }
        }
    }

    /** The network's log-probabilities of every possible next token equal log-softmax of the expected logits. */
    private static void assertLogProbs(float[] logits, QNetwork network, int[] prefix) {
        int[][] tokens = new int[logits.length][];
        int[][] actions = new int[logits.length][];
        for (int v = 0; v < logits.length; v++) {
            tokens[v] = Arrays.copyOf(prefix, prefix.length + 1);
            tokens[v][prefix.length] = v;
            actions[v] = new int[] {prefix.length};
        }
        float[][] actual = network.read(new TokenBatch(tokens, actions)).logProbs();
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit);
        }
        for (int v = 0; v < logits.length; v++) {
            assertEquals(logits[v] - Math.log(sum), actual[v][0], PARITY, "token " + v);
        }
    }

    static List<Architecture> families() {
        return List.of(Gpt2.of(23, 40, 16, 2, 4), Llama.of(23, 40, 16, 2, 4, 2), Llamas.qwen2(23, 40));
    }

    @ParameterizedTest
    @MethodSource("families")
    void prefillAndDecodeEqualTheFullForward(Architecture architecture) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(3);
        try (TorchNetwork network = TorchNetwork.create(device, architecture, NetworkOptions.exact(), 1);
                Decoding decoding = network.decoding(3, 40, Device.Priority.SERVING)) {
            scale(network, 10);
            int[][] sequences = {random(random, 30), random(random, 24), random(random, 27)};
            int[] starts = {5, 9, 1};
            int[][] prompts = new int[3][];
            for (int b = 0; b < 3; b++) {
                prompts[b] = Arrays.copyOf(sequences[b], starts[b]);
            }
            // Slots are filled in another order than they are numbered.
            int[] order = {2, 0, 1};
            int[][] ordered = {prompts[2], prompts[0], prompts[1]};
            Decoding.Choice first = decoding.prefill(order, ordered, greedy(3));
            for (int row = 0; row < 3; row++) {
                assertTop(network, prompts[order[row]], first, row);
            }
            for (int step = 0; step < 12; step++) {
                int[] tokens = new int[3];
                int[] positions = new int[3];
                for (int b = 0; b < 3; b++) {
                    positions[b] = starts[b] + step;
                    tokens[b] = sequences[b][positions[b]];
                }
                Decoding.Choice next = decoding.decode(tokens, positions, greedy(3));
                for (int b = 0; b < 3; b++) {
                    assertTop(network, Arrays.copyOf(sequences[b], positions[b] + 1), next, b);
                }
            }
        }
    }

    private static void assertTop(QNetwork network, int[] prefix, Decoding.Choice choice, int row) {
        int[] tokens = Arrays.copyOf(prefix, prefix.length + 1);
        for (int k = 0; k < choice.topTokens()[row].length; k++) {
            tokens[prefix.length] = choice.topTokens()[row][k];
            float expected = network.read(new TokenBatch(new int[][] {tokens}, new int[][] {{prefix.length}}))
                    .logProbs()[0][0];
            assertEquals(expected, choice.topLogProbs()[row][k], 1e-4);
        }
        assertEquals(choice.topTokens()[row][0], choice.tokens()[row]);
    }

    private static Decoding.Choosing greedy(int rows) {
        float[] ones = new float[rows];
        Arrays.fill(ones, 1);
        return new Decoding.Choosing.Each(new float[rows], new int[rows], ones, new float[rows], 4);
    }

    static List<Architecture> smallFamilies() {
        return List.of(Gpt2.of(7, 8, 8, 2, 2), Llama.of(7, 8, 8, 2, 4, 2), Llamas.qwen2(7, 8));
    }

    @ParameterizedTest
    @MethodSource("smallFamilies")
    void theGradientOfEveryWeightAgreesWithFiniteDifferences(Architecture architecture) {
        TokenBatch batch = new TokenBatch(new int[][] {{1, 2, 3, 4, 5}, {6, 0, 2}}, new int[][] {{2, 3, 4}, {1}});
        float[][] prior = {{-1f, -2f, -0.5f}, {-1.5f}};
        // V is constant and its loss weighs nothing: what is left is the gradient of the policy's stream.
        SoftQLoss loss = new SoftQLoss(0.5, 0, 0, 0.2, 0.3);
        try (TorchNetwork network = TorchNetwork.create(device, architecture, NetworkOptions.exact(), 5);
                TorchNetwork frozen = TorchNetwork.create(device, architecture, NetworkOptions.exact(), 6)) {
            scale(network, 8);
            checkGradient(network, batch, new Objective.Imitation(), name -> true);
            checkGradient(
                    network, batch, new Objective.ValueRegression(new float[][] {{1f, 0.5f, -1f}, {2f}}), name -> true);
            network.resetValue(0.25);
            float[][] targets = {{0.3f, -0.2f, 0.9f}, {0.1f}};
            Objective soft = new Objective.SoftQ(
                    (first, readings) -> targets, prior, new float[] {1, 0.6f}, new float[] {0, 1}, frozen, loss);
            checkGradient(network, batch, soft, name -> !name.startsWith("value."));
        }
    }

    @Test
    void eachStreamOfTheSoftLossHoldsTheOtherFixed() {
        TokenBatch batch = new TokenBatch(new int[][] {{1, 2, 3}}, new int[][] {{1, 2}});
        float[][] targets = {{0.3f, -0.2f}};
        SoftQLoss loss = new SoftQLoss(0.5, 0, 0.7, 0, 0);
        try (TorchNetwork network = TorchNetwork.create(device, Gpt2.of(7, 8, 8, 1, 2), NetworkOptions.exact(), 5)) {
            network.resetValue(0.25);
            float[] logProbs = network.read(batch).logProbs()[0];
            float[] prior = {-1f, -2f};
            Objective soft = new Objective.SoftQ(
                    (first, readings) -> targets,
                    new float[][] {prior},
                    new float[] {1},
                    new float[] {0},
                    network,
                    loss);
            double expected = 0;
            for (int k = 0; k < 2; k++) {
                expected += 0.7 * (0.25 + 0.5 * (logProbs[k] - prior[k]) - targets[0][k]) / 2;
            }
            float actual = network.device()
                    .call(
                            Device.Priority.TRAINING,
                            () -> GradientCheck.gradients(network, new Learning(network), batch, soft)
                                    .get("value.out.bias")[0]);
            assertEquals(expected, actual, 1e-5);
        }
    }

    private static void checkGradient(
            TorchNetwork network, TokenBatch batch, Objective objective, java.util.function.Predicate<String> names) {
        network.device().run(Device.Priority.TRAINING, () -> {
            Learning learning = new Learning(network);
            GradientCheck.run(network, learning, batch, objective, names);
            learning.close();
        });
    }

    private static void scale(TorchNetwork network, float factor) {
        network.device().run(Device.Priority.TRAINING, () -> {
            for (String name : network.weights().names()) {
                float[] numbers = network.weights().numbers(name);
                if (!name.contains("ln_") && !name.contains("norm")) {
                    for (int i = 0; i < numbers.length; i++) {
                        numbers[i] *= factor;
                    }
                    network.weights().set(name, numbers);
                }
            }
        });
    }

    private static int[] random(RandomGenerator random, int length) {
        return random.ints(length, 0, 23).toArray();
    }

    @Test
    void whatIsSavedOpensAgainBitForBit(@TempDir Path directory) throws Exception {
        Architecture architecture = Gpt2.of(11, 8, 8, 1, 2);
        TokenBatch batch = new TokenBatch(new int[][] {{1, 2, 3, 4}}, new int[][] {{1, 2, 3}});
        java.nio.file.Files.writeString(
                directory.resolve("config.json"), architecture.toConfig(2).toString());
        try (TorchNetwork network = TorchNetwork.create(device, architecture, NetworkOptions.exact(), 9)) {
            network.resetValue(1.5);
            network.save(directory);
            try (TorchNetwork opened = TorchNetwork.open(device, directory, NetworkOptions.exact())) {
                assertEquals(architecture, opened.architecture());
                assertArrayEquals(
                        network.read(batch).logProbs()[0], opened.read(batch).logProbs()[0]);
                assertArrayEquals(
                        new float[] {1.5f, 1.5f, 1.5f, 1.5f}, opened.read(batch).values()[0]);
            }
        }
    }

    @Test
    void microBatchesGiveTheLossOfTheWhole() {
        Architecture architecture = Gpt2.of(11, 256, 8, 1, 2);
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(4);
        int[][] tokens = new int[80][];
        int[][] actions = new int[80][];
        for (int b = 0; b < tokens.length; b++) {
            tokens[b] = random.ints(200, 0, 11).toArray();
            actions[b] = new int[] {50, 100, 150};
        }
        TokenBatch many = new TokenBatch(tokens, actions);
        try (TorchNetwork network = TorchNetwork.create(device, architecture, NetworkOptions.exact(), 9)) {
            assertTrue(network.division().rounds(many).stream()
                            .flatMap(List::stream)
                            .count()
                    > 1);
            double whole = 0;
            for (float[] row : network.read(many).logProbs()) {
                for (float logProb : row) {
                    whole -= logProb;
                }
            }
            Fit fit = network.fit(many, new Objective.Imitation(), new LearningRates(1e-3, 0, 1));
            assertEquals(whole / many.actionCount(), fit.loss(), 1e-5);
        }
    }
}
