package dev.rehearse.networks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rehearse.networks.Decoding.Choice;
import dev.rehearse.networks.Decoding.Choosing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The encoders and decoders; what they share with the other families is tested with those. */
class Seq2SeqTest {
    private static final int VOCABULARY = 13;
    private static final int CONTEXT = 24;

    /** Weights that gradients reach through all others. */
    private static final Set<String> LOWEST =
            Set.of("embedding.weight", "encoder.weight_ih_l0_reverse", "encoder.layers.0.conv.weight");

    private static Device device;

    @BeforeAll
    static void open() {
        device = Device.open("cpu");
    }

    @AfterAll
    static void close() {
        device.close();
    }

    static List<Architecture> shapes() {
        return List.of(
                new LstmSeq2Seq(VOCABULARY, CONTEXT, 8, 2, true),
                new LstmSeq2Seq(VOCABULARY, CONTEXT, 6, 1, false),
                new ConvSeq2Seq(VOCABULARY, CONTEXT, 6, 2, 2, 3),
                new ConvSeq2Seq(VOCABULARY, CONTEXT, 8, 1, 2, 5));
    }

    private static TorchNetwork network(Architecture shape) {
        TorchNetwork network = TorchNetwork.create(device, shape, NetworkOptions.exact(), 1);
        randomise(network);
        return network;
    }

    /** Numbers of a size that makes every part matter, biases too. */
    private static void randomise(TorchNetwork network) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(5);
        network.device().run(Device.Priority.TRAINING, () -> {
            for (String name : List.copyOf(network.weights().names())) {
                float[] numbers = network.weights().numbers(name);
                for (int i = 0; i < numbers.length; i++) {
                    numbers[i] = (float) (0.35 * random.nextGaussian());
                }
                network.weights().set(name, numbers);
            }
        });
    }

    /** Rectifiers that no small step switches. */
    private static void keepFromKinks(TorchNetwork network) {
        network.device().run(Device.Priority.TRAINING, () -> {
            float[] numbers = new float[network.architecture().width()];
            Arrays.fill(numbers, 4);
            network.weights().names().stream()
                    .filter(name -> name.endsWith(".fc.bias"))
                    .forEach(name -> network.weights().set(name, numbers));
        });
    }

    private static Map<String, float[]> weights(TorchNetwork network) {
        Map<String, float[]> weights = new HashMap<>();
        network.device()
                .run(
                        Device.Priority.TRAINING,
                        () -> network.weights()
                                .names()
                                .forEach(name ->
                                        weights.put(name, network.weights().numbers(name))));
        return weights;
    }

    private static Seq2SeqFormulas formulas(Architecture shape, Map<String, float[]> weights) {
        return shape instanceof LstmSeq2Seq lstm
                ? new LstmFormulas(lstm, weights)
                : new ConvFormulas((ConvSeq2Seq) shape, weights);
    }

    private static int[] tokens(int length, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        return random.ints(length, 0, VOCABULARY).toArray();
    }

    private static int[] joined(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
    }

    /** A prompt and its whole reply. */
    private static TokenBatch one(int[] prompt, int[] reply) {
        int[] all = joined(prompt, reply);
        return new TokenBatch(
                new int[][] {all},
                new int[][] {IntStream.range(prompt.length, all.length).toArray()});
    }

    private static Choosing greedy(int rows) {
        float[] ones = new float[rows];
        Arrays.fill(ones, 1);
        return new Choosing.Each(new float[rows], new int[rows], ones, new float[rows], VOCABULARY);
    }

    /** The choice's log-probabilities in the order of the vocabulary. */
    private static float[] logProbs(Choice choice, int row) {
        float[] inOrder = new float[VOCABULARY];
        for (int k = 0; k < VOCABULARY; k++) {
            inOrder[choice.topTokens()[row][k]] = choice.topLogProbs()[row][k];
        }
        return inOrder;
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void theScriptSaysWhatTheFormulasSay(Architecture shape) {
        int[] prompt = tokens(7, 1);
        int[] reply = tokens(5, 2);
        try (TorchNetwork network = network(shape)) {
            Map<String, float[]> weights = weights(network);
            Seq2SeqFormulas formulas = formulas(shape, weights);
            float[] actual = network.read(one(prompt, reply)).logProbs()[0];
            for (int j = 0; j < reply.length; j++) {
                double[] expected = formulas.next(prompt, Arrays.copyOf(reply, j), weights.get("embedding.weight"));
                assertEquals(expected[reply[j]], actual[j], 2e-5);
            }
            double[][] states = formulas.encode(prompt);
            float[] embedded = network.embed(new int[][] {prompt})[0];
            for (int d = 0; d < shape.width(); d++) {
                int at = d;
                double mean = Arrays.stream(states)
                        .mapToDouble(state -> state[at])
                        .average()
                        .orElseThrow();
                assertEquals(mean, embedded[d], 1e-5);
            }
        }
    }

    /** V is a function of the state, so its heads see the decoder's, in the middle and after the last token. */
    @ParameterizedTest
    @MethodSource("shapes")
    void valuesAreReadFromTheDecodersStates(Architecture shape) {
        int[] prompt = tokens(4, 1);
        int[] reply = tokens(3, 2);
        try (TorchNetwork network = network(shape)) {
            Map<String, float[]> weights = weights(network);
            Seq2SeqFormulas formulas = formulas(shape, weights);
            float[] actual = network.read(one(prompt, reply)).values()[0];
            assertEquals(reply.length + 1, actual.length);
            for (int j = 0; j <= reply.length; j++) {
                double[] state = formulas.state(prompt, Arrays.copyOf(reply, j));
                double[] inner = new double[shape.width()];
                for (int d = 0; d < inner.length; d++) {
                    inner[d] = Math.max(
                            0,
                            Seq2SeqFormulas.row(
                                    weights.get("value.fc.weight"), weights.get("value.fc.bias"), d, state));
                }
                double expected =
                        Seq2SeqFormulas.row(weights.get("value.out.weight"), weights.get("value.out.bias"), 0, inner);
                assertEquals(expected, actual[j], 2e-5);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void neitherNeighboursNorPaddingNorPiecesChangeAnything(Architecture shape) {
        int[][] sequences = new int[600][];
        int[][] actions = new int[600][];
        for (int b = 0; b < sequences.length; b++) {
            sequences[b] = tokens(2 + b % (CONTEXT - 1), b);
            int first = 1 + b % (sequences[b].length - 1);
            actions[b] = IntStream.range(first, sequences[b].length).toArray();
        }
        TokenBatch batch = new TokenBatch(sequences, actions);
        try (TorchNetwork network = network(shape)) {
            assertTrue(MicroBatch.split(batch, shape).size() > 1);
            Readings together = network.read(batch);
            float[][] embedded = network.embed(sequences);
            for (int b = 0; b < sequences.length; b += 41) {
                Readings alone = network.read(batch.slice(b, b + 1));
                assertArrayEquals(alone.logProbs()[0], together.logProbs()[b], 1e-5f);
                assertArrayEquals(alone.values()[0], together.values()[b], 1e-5f);
                assertArrayEquals(network.embed(new int[][] {sequences[b]})[0], embedded[b], 1e-5f);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void eachReplyOfADialogueIsReadAsIfItWereTheOnlyOne(Architecture shape) {
        int[] question = tokens(5, 1);
        int[] reply = tokens(3, 2);
        int[] more = tokens(4, 3);
        int[] last = tokens(2, 4);
        int[] all = joined(question, reply, more, last);
        int begin = question.length + reply.length + more.length;
        int[] actions = IntStream.concat(
                        IntStream.range(question.length, question.length + reply.length),
                        IntStream.range(begin, all.length))
                .toArray();
        try (TorchNetwork network = network(shape)) {
            Readings dialogue = network.read(new TokenBatch(new int[][] {all}, new int[][] {actions}));
            Readings first = network.read(one(question, reply));
            Readings second = network.read(one(joined(question, reply, more), last));
            float[] expected = Rows.join(new float[][] {first.logProbs()[0], second.logProbs()[0]}, 0, 2);
            assertArrayEquals(expected, dialogue.logProbs()[0], 1e-5f);
            float[] values =
                    Rows.join(new float[][] {Arrays.copyOf(first.values()[0], reply.length), second.values()[0]}, 0, 2);
            assertArrayEquals(values, dialogue.values()[0], 1e-5f);
            // Where the assistant speaks next, the state is the one in which that reply begins.
            int[] open = Arrays.copyOf(all, begin);
            Readings opened = network.read(new TokenBatch(new int[][] {open}, new int[][] {
                IntStream.range(question.length, question.length + reply.length).toArray()
            }));
            assertEquals(second.values()[0][0], opened.values()[0][reply.length], 1e-5f);
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void decodingIsTheFullForward(Architecture shape) {
        int[][] prompts = {tokens(5, 1), tokens(9, 2), tokens(1, 3)};
        int[][] replies = {tokens(8, 4), tokens(8, 5), tokens(8, 6)};
        try (TorchNetwork network = network(shape);
                Decoding decoding = network.decoding(3, CONTEXT, Device.Priority.SERVING)) {
            float[][] expected = new float[3][];
            for (int b = 0; b < 3; b++) {
                expected[b] = network.read(one(prompts[b], replies[b])).logProbs()[0];
            }
            // What was in the slots, and the order of filling them, make no difference.
            decoding.prefill(new int[] {0, 1, 2}, new int[][] {tokens(20, 7), tokens(3, 8), tokens(12, 9)}, greedy(3));
            int[] order = {2, 0, 1};
            Choice choice = decoding.prefill(order, new int[][] {prompts[2], prompts[0], prompts[1]}, greedy(3));
            for (int row = 0; row < 3; row++) {
                int b = order[row];
                assertEquals(expected[b][0], logProbs(choice, row)[replies[b][0]], 2e-5);
            }
            for (int j = 1; j < 8; j++) {
                int[] tokens = new int[3];
                int[] positions = new int[3];
                for (int b = 0; b < 3; b++) {
                    tokens[b] = replies[b][j - 1];
                    positions[b] = prompts[b].length + j - 1;
                }
                choice = decoding.decode(tokens, positions, greedy(3));
                for (int b = 0; b < 3; b++) {
                    assertEquals(expected[b][j], logProbs(choice, b)[replies[b][j]], 2e-5);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void aMovedReplyGoesOnAsItWould(Architecture shape) {
        int[] prompt = tokens(6, 1);
        int[] reply = tokens(4, 2);
        try (TorchNetwork network = network(shape);
                Decoding decoding = network.decoding(3, CONTEXT, Device.Priority.SERVING)) {
            float[] expected = network.read(one(prompt, reply)).logProbs()[0];
            decoding.prefill(new int[] {0, 2}, new int[][] {tokens(8, 3), prompt}, greedy(2));
            decoding.decode(new int[] {1, 1, reply[0]}, new int[] {8, 0, 6}, greedy(3));
            decoding.copy(2, 1, 7);
            for (int j = 2; j < reply.length; j++) {
                Choice choice = decoding.decode(new int[] {1, reply[j - 1]}, new int[] {7 + j, 5 + j}, greedy(2));
                assertEquals(expected[j], logProbs(choice, 1)[reply[j]], 2e-5);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void aPromptIsReadAsAWhole(Architecture shape) {
        try (TorchNetwork network = network(shape);
                Decoding decoding = network.decoding(1, CONTEXT, Device.Priority.SERVING)) {
            assertFalse(decoding.readsInPieces());
            assertThrows(UnsupportedOperationException.class, () -> decoding.extend(0, 0, new int[] {1}, greedy(1)));
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void theGradientOfEveryWeightAgreesWithFiniteDifferences(Architecture shape) {
        TokenBatch batch = new TokenBatch(
                new int[][] {{1, 2, 3, 4, 5, 6}, {6, 0, 2}, {7, 8, 9, 10, 11, 12}},
                new int[][] {{3, 4, 5}, {1}, {2, 4, 5}});
        float[][] prior = {{-1f, -2f, -0.5f}, {-1.5f}, {-0.7f, -0.1f, -3f}};
        float[][] targets = {{0.3f, -0.2f, 0.9f}, {0.1f}, {0.4f, 0.2f, -0.6f}};
        SoftQLoss loss = new SoftQLoss(0.5, 0, 0, 0.2, 0.3);
        try (TorchNetwork network = network(shape);
                TorchNetwork frozen = TorchNetwork.create(device, shape, NetworkOptions.exact(), 6)) {
            keepFromKinks(network);
            checkGradient(network, batch, new Objective.Imitation(), name -> true);
            checkGradient(network, batch, new Objective.ValueRegression(targets), name -> true);
            network.resetValue(0.25);
            Objective soft = new Objective.SoftQ(
                    (first, readings) -> targets, prior, new float[] {1, 0.6f, 1}, new float[] {0, 1, 0}, frozen, loss);
            checkGradient(network, batch, soft, LOWEST::contains);
        }
        Heads heads = new Heads(Heads.Kind.V_AND_TWIN_Q, 1, 0);
        QLoss qLoss = new QLoss(0, 0.5, 0.7, 0.1, 0.2, 0.3);
        try (TorchNetwork plain = network(shape);
                TorchNetwork guided = plain.withHeads(heads, 3);
                TorchNetwork frozen = TorchNetwork.create(device, shape, NetworkOptions.exact(), 6)) {
            randomise(guided);
            keepFromKinks(guided);
            Objective headQ = new Objective.HeadQ(
                    (first, readings) -> targets,
                    targets,
                    new float[] {1, 0.6f, 1},
                    new float[] {0, 1, 0},
                    frozen,
                    qLoss);
            checkGradient(guided, batch, headQ, name -> LOWEST.contains(name) || name.startsWith("value."));
        }
    }

    private static void checkGradient(
            TorchNetwork network, TokenBatch batch, Objective objective, Predicate<String> names) {
        network.device().run(Device.Priority.TRAINING, () -> {
            Learning learning = new Learning(network);
            GradientCheck.run(network, learning, batch, objective, names);
            learning.close();
        });
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void whatIsSavedOpensAgainBitForBit(Architecture shape, @TempDir Path directory) throws IOException {
        TokenBatch batch = one(tokens(5, 1), tokens(4, 2));
        Path again = Files.createDirectory(directory.resolve("again"));
        try (TorchNetwork network = network(shape)) {
            network.save(directory);
            Files.writeString(
                    directory.resolve("config.json"), network.config(2).toString());
            try (TorchNetwork opened = TorchNetwork.open(device, directory, NetworkOptions.exact())) {
                assertEquals(shape, opened.architecture());
                assertArrayEquals(
                        network.read(batch).logProbs()[0], opened.read(batch).logProbs()[0]);
                assertArrayEquals(
                        network.read(batch).values()[0], opened.read(batch).values()[0]);
                opened.save(again);
            }
        }
        for (String file : List.of("model.safetensors", "value_head.safetensors")) {
            assertEquals(-1, Files.mismatch(directory.resolve(file), again.resolve(file)));
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void theLastBlocksAreTheDecoders(Architecture shape) {
        for (String name : shape.weightShapes().keySet()) {
            boolean decoders = name.startsWith("decoder.") || name.startsWith("attention.");
            boolean positions = name.endsWith("positions.weight");
            assertEquals(decoders && !positions, shape.isAbove(name, shape.layers()), name);
            boolean first = name.startsWith("decoder.layers.0.") || name.startsWith("decoder.") && name.endsWith("_l0");
            if (shape.layers() > 1) {
                assertEquals(decoders && !positions && !first, shape.isAbove(name, shape.layers() - 1), name);
            }
        }
        assertThrows(IllegalArgumentException.class, () -> shape.isAbove("decoder", shape.layers() + 1));
    }
}
