package dev.rehearse.networks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rehearse.networks.Device.Priority;
import dev.rehearse.networks.Heads.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeadsTest {
    private static final Gpt2 SHAPE = Gpt2.of(7, 8, 8, 1, 2);
    private static final TokenBatch BATCH =
            new TokenBatch(new int[][] {{1, 2, 3, 4, 5}, {6, 0, 2}}, new int[][] {{2, 3, 4}, {1}});
    private static final float[][] TARGETS = {{0.3f, -0.2f, 0.9f}, {0.1f}};
    private static Device device;

    @TempDir
    private Path directory;

    @BeforeAll
    static void open() {
        device = TestDevice.open();
    }

    @AfterAll
    static void close() {
        device.close();
    }

    private static TorchNetwork network(Kind kind, double beta, double support) {
        try (TorchNetwork plain = TorchNetwork.create(device, SHAPE, NetworkOptions.exact(), 5)) {
            return plain.withHeads(new Heads(kind, beta, support), 3);
        }
    }

    /** Gives last layers numbers, so that Q differs between actions, and all others the size of trained ones. */
    private static TorchNetwork spoken(Kind kind, double beta, double support) {
        TorchNetwork network = network(kind, beta, support);
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(9);
        device.run(Priority.TRAINING, () -> {
            for (String name : network.weights().names()) {
                float[] numbers = network.weights().numbers(name);
                float factor = name.contains("ln_") || name.startsWith("value.") ? 1 : 8;
                for (int i = 0; i < numbers.length; i++) {
                    numbers[i] = name.contains(".out.") ? (float) random.nextGaussian() : factor * numbers[i];
                }
                network.weights().set(name, numbers);
            }
        });
        return network;
    }

    /** Q(s, a) of every action after a prefix. */
    private static float[] allQ(QNetwork network, int... prefix) {
        return every(network, prefix, readings -> readings.qValues()[0][0]);
    }

    private static float[] allLogPi(QNetwork network, int... prefix) {
        return every(network, prefix, readings -> readings.logProbs()[0][0]);
    }

    private static float[] every(QNetwork network, int[] prefix, java.util.function.ToDoubleFunction<Readings> read) {
        float[] numbers = new float[SHAPE.vocabularySize()];
        for (int a = 0; a < numbers.length; a++) {
            int[] tokens = Arrays.copyOf(prefix, prefix.length + 1);
            tokens[prefix.length] = a;
            TokenBatch batch = new TokenBatch(new int[][] {tokens}, new int[][] {{prefix.length}});
            numbers[a] = (float) read.applyAsDouble(network.read(batch));
        }
        return numbers;
    }

    @ParameterizedTest
    @EnumSource(names = {"Q", "DUELING", "V_AND_Q", "V_AND_TWIN_Q"})
    void theGradientOfEveryHeadsLastLayerAgreesWithFiniteDifferences(Kind kind) {
        boolean valued = kind == Kind.V_AND_Q || kind == Kind.V_AND_TWIN_Q;
        QLoss loss = new QLoss(0.4, valued ? 0.7 : 0, 0.8, 0.3, 0.2, 0.5);
        float[][] seen = {{0.5f, 0.5f, -0.4f}, {1}};
        try (TorchNetwork network = spoken(kind, 1, 0.3);
                TorchNetwork frozen = network(Kind.V, 0, 0)) {
            Objective objective = new Objective.HeadQ(
                    (first, readings) -> TARGETS, seen, new float[] {1, 0.6f}, new float[] {0, 1}, frozen, loss);
            device.run(Priority.TRAINING, () -> {
                Learning learning = new Learning(network);
                GradientCheck.run(network, learning, BATCH, objective, name -> name.contains(".out."));
                learning.close();
            });
        }
    }

    @Test
    void freshHeadsSayTheNumberTheyAreResetToAboutEveryAction() {
        for (Kind kind : Kind.values()) {
            try (TorchNetwork network = spoken(kind, 1, 0.3)) {
                network.resetValue(0.25);
                assertEquals(0.25f, network.read(BATCH).values()[0][0], 1e-6f);
                if (kind.hasQ()) {
                    float[] all = new float[7];
                    Arrays.fill(all, 0.25f);
                    assertArrayEquals(all, allQ(network, 1, 2), 1e-6f);
                }
            }
        }
    }

    @Test
    void duelingQIsVPlusAdvantagesOfMeanZeroAndWithoutAStreamVIsTheLargestQ() {
        try (TorchNetwork dueling = spoken(Kind.DUELING, 1, 0);
                TorchNetwork plain = spoken(Kind.Q, 1, 0)) {
            double mean = 0;
            for (float q : allQ(dueling, 1, 2)) {
                mean += q / 7.0;
            }
            assertEquals(dueling.read(BATCH).values()[0][0], mean, 1e-5);
            float largest = Float.NEGATIVE_INFINITY;
            for (float q : allQ(plain, 1, 2)) {
                largest = Math.max(largest, q);
            }
            assertEquals(largest, plain.read(BATCH).values()[0][0], 1e-6);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.9, 1})
    void theDoubleEstimateIsThisNetworksQOfTheSupportedActionTheOtherLikesBest(double share) {
        try (TorchNetwork valued = spoken(Kind.DUELING, 1, 0);
                TorchNetwork chooser = spoken(Kind.Q, 1, 0);
                TorchNetwork prior = network(Kind.V, 0, 0)) {
            float[][] actual = valued.bestValues(BATCH, chooser, new Support(prior, share));
            assertEquals(4, actual[0].length);
            int[][] states = {{1, 2}, {1, 2, 3}, {1, 2, 3, 4}, {1, 2, 3, 4, 5}};
            for (int k = 0; k < states.length; k++) {
                int best = best(allQ(chooser, states[k]), allLogPi(prior, states[k]), share);
                assertEquals(allQ(valued, states[k])[best], actual[0][k], 1e-5);
            }
            float[][] own = valued.bestValues(BATCH, valued, new Support(prior, share));
            int best = best(allQ(valued, 6, 0, 2), allLogPi(prior, 6, 0, 2), share);
            assertEquals(allQ(valued, 6, 0, 2)[best], own[1][1], 1e-5);
        }
    }

    private static int best(float[] q, float[] logPi, double share) {
        int best = -1;
        float most = Float.NEGATIVE_INFINITY;
        for (float log : logPi) {
            most = Math.max(most, log);
        }
        for (int a = 0; a < q.length; a++) {
            if ((share == 0 || logPi[a] >= most + Math.log(share)) && (best < 0 || q[a] > q[best])) {
                best = a;
            }
        }
        return best;
    }

    @ParameterizedTest
    @EnumSource(names = {"Q", "DUELING", "V_AND_Q", "V_AND_TWIN_Q"})
    void repliesAreChosenByLogPiPlusBetaTimesQOverTheSupport(Kind kind) {
        double beta = 0.7;
        double share = 0.5;
        try (TorchNetwork network = spoken(kind, beta, share);
                Decoding decoding = network.decoding(1, 8, Priority.SERVING)) {
            assertGuided(network, prefilled(decoding), beta, share, 1, 2);
            Decoding.Choice next = decoding.decode(new int[] {3}, new int[] {2}, greedy());
            assertGuided(network, next, beta, share, 1, 2, 3);
            Decoding.Choice further = decoding.extend(0, 2, new int[] {4, 5}, greedy());
            assertGuided(network, further, beta, share, 1, 2, 4, 5);
        }
    }

    private static Decoding.Choice prefilled(Decoding decoding) {
        return decoding.prefill(new int[] {0}, new int[][] {{1, 2}}, greedy());
    }

    private static Decoding.Choosing greedy() {
        return new Decoding.Choosing.Each(new float[1], new int[1], new float[] {1}, new float[1], 7);
    }

    private static void assertGuided(
            QNetwork network, Decoding.Choice choice, double beta, double share, int... prefix) {
        float[] q = allQ(network, prefix);
        float[] logPi = allLogPi(network, prefix);
        double floor = logPi[best(logPi, logPi, 0)] + Math.log(share);
        double[] guided = new double[7];
        double sum = 0;
        for (int a = 0; a < 7; a++) {
            guided[a] = logPi[a] >= floor ? Math.exp(logPi[a] + beta * q[a]) : 0;
            sum += guided[a];
        }
        int supported = 0;
        for (int rank = 0; rank < 7; rank++) {
            int token = choice.topTokens()[0][rank];
            assertEquals(guided[token] / sum, Math.exp(choice.topLogProbs()[0][rank]), 1e-5);
            supported += guided[token] > 0 ? 1 : 0;
        }
        assertTrue(supported >= 1 && supported < 7, supported + " tokens are supported");
    }

    @ParameterizedTest
    @EnumSource(names = {"Q", "DUELING", "V_AND_Q", "V_AND_TWIN_Q"})
    void eachRowMayHaveABetaOfItsOwn(Kind kind) {
        try (TorchNetwork network = spoken(kind, 0.7, 0.5);
                Decoding decoding = network.decoding(3, 8, Priority.SERVING)) {
            float[] ones = {1, 1, 1};
            Decoding.Guidance guidance =
                    new Decoding.Guidance(new float[] {Float.NaN, 0, 9}, Decoding.Guidance.Report.VALUES);
            Decoding.Choice choice = decoding.prefill(
                    new int[] {0, 1, 2},
                    new int[][] {{1, 2}, {1, 2}, {1, 2}},
                    new Decoding.Choosing.Each(
                            new float[3], new int[3], ones, new float[3], 7, Decoding.LogitEdits.NONE, guidance));
            double[] beta = {0.7, 0, 9};
            float[] q = allQ(network, 1, 2);
            for (int row = 0; row < 3; row++) {
                assertGuided(network, row(choice, row), beta[row], 0.5, 1, 2);
                assertEquals(q[choice.tokens()[row]], choice.values().q()[row], 1e-5);
                assertEquals(choice.values().v()[0], choice.values().v()[row], 1e-5);
            }
            if (kind == Kind.Q) {
                assertEquals(q[best(q, q, 0)], choice.values().v()[0], 1e-5);
            }
        }
    }

    private static Decoding.Choice row(Decoding.Choice choice, int row) {
        return new Decoding.Choice(
                new int[] {choice.tokens()[row]},
                new float[] {choice.logProbs()[row]},
                new int[][] {choice.topTokens()[row]},
                new float[][] {choice.topLogProbs()[row]});
    }

    @Test
    void withoutQHeadsThereAreNoValues() {
        try (TorchNetwork network = spoken(Kind.V, 0, 0);
                Decoding decoding = network.decoding(1, 8, Priority.SERVING)) {
            assertEquals(0, prefilled(decoding).values().q().length);
        }
    }

    @Test
    void theGreedyFormChoosesTheSupportedActionOfTheLargestQ() {
        try (TorchNetwork network = spoken(Kind.DUELING, Heads.GREEDY, 0.5);
                Decoding decoding = network.decoding(1, 8, Priority.SERVING)) {
            int expected = best(allQ(network, 1, 2), allLogPi(network, 1, 2), 0.5);
            assertEquals(expected, prefilled(decoding).tokens()[0]);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aDirectoryKeepsTheHeadsAndHowTheyGuide(Kind kind) throws IOException {
        try (TorchNetwork network = spoken(kind, 0.7, 0.2)) {
            network.save(directory);
            Files.writeString(
                    directory.resolve("config.json"), SHAPE.toConfig(2).toString());
            try (TorchNetwork opened = TorchNetwork.open(device, directory, NetworkOptions.exact());
                    Decoding before = network.decoding(1, 8, Priority.SERVING);
                    Decoding after = opened.decoding(1, 8, Priority.SERVING)) {
                assertEquals(new Heads(kind, 0.7, 0.2), opened.heads());
                assertArrayEquals(
                        prefilled(before).topLogProbs()[0], prefilled(after).topLogProbs()[0]);
            }
            Safetensors model = Safetensors.open(directory.resolve("model.safetensors"));
            assertTrue(model.entries().keySet().stream().noneMatch(name -> name.contains("value")));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "{\"kind\": \"twins\", \"decode_beta\": 1, \"support_mask\": 0}",
                "{\"kind\": \"q\", \"decode_beta\": -1, \"support_mask\": 0}",
                "{\"kind\": \"q\", \"decode_beta\": 1, \"support_mask\": 2}"
            })
    void aDescriptionThatIsNoneIsRefusedByItsFile(String description) throws IOException {
        Files.writeString(directory.resolve("value_head.json"), description);
        String message = assertThrows(InvalidModelException.class, () -> ModelFiles.heads(directory))
                .getMessage();
        assertTrue(message.contains("value_head.json: not a description of value heads"), message);
    }

    @Test
    void otherHeadsLeaveTheLanguageModelAsItIs() {
        try (TorchNetwork plain = network(Kind.V, 0, 0);
                TorchNetwork twins = plain.withHeads(new Heads(Kind.V_AND_TWIN_Q, 1, 0.3), 1)) {
            assertArrayEquals(plain.read(BATCH).logProbs()[0], twins.read(BATCH).logProbs()[0]);
        }
    }
}
