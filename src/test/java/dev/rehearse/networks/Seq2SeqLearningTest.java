package dev.rehearse.networks;

import static dev.rehearse.networks.Seq2Seqs.one;
import static dev.rehearse.networks.Seq2Seqs.tokens;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Gradients of the encoders and decoders, and what is left of them on disk. */
class Seq2SeqLearningTest {
    /** Weights that gradients reach through all others. */
    private static final Set<String> LOWEST =
            Set.of("embedding.weight", "encoder.weight_ih_l0_reverse", "encoder.layers.0.conv.weight");

    private static Device device;

    @BeforeAll
    static void open() {
        device = TestDevice.open();
    }

    @AfterAll
    static void close() {
        device.close();
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

    @ParameterizedTest
    @MethodSource("dev.rehearse.networks.Seq2Seqs#shapes")
    void theGradientOfEveryWeightAgreesWithFiniteDifferences(Architecture shape) {
        TokenBatch batch = new TokenBatch(
                new int[][] {{1, 2, 3, 4, 5, 6}, {6, 0, 2}, {7, 8, 9, 10, 11, 12}},
                new int[][] {{3, 4, 5}, {1}, {2, 4, 5}});
        float[][] prior = {{-1f, -2f, -0.5f}, {-1.5f}, {-0.7f, -0.1f, -3f}};
        float[][] targets = {{0.3f, -0.2f, 0.9f}, {0.1f}, {0.4f, 0.2f, -0.6f}};
        SoftQLoss loss = new SoftQLoss(0.5, 0, 0, 0.2, 0.3);
        try (TorchNetwork network = Seq2Seqs.network(device, shape);
                TorchNetwork frozen = TorchNetwork.create(device, shape, NetworkOptions.exact(), 6)) {
            keepFromKinks(network);
            checkGradient(network, batch, new Objective.Imitation(), name -> true);
            checkGradient(network, batch, new Objective.ValueRegression(targets), Seq2SeqLearningTest::isLowestOrHead);
            network.resetValue(0.25);
            Objective soft = new Objective.SoftQ(
                    (first, readings) -> targets, prior, new float[] {1, 0.6f, 1}, new float[] {0, 1, 0}, frozen, loss);
            checkGradient(network, batch, soft, LOWEST::contains);
        }
        Heads heads = new Heads(Heads.Kind.V_AND_TWIN_Q, 1, 0);
        QLoss qLoss = new QLoss(0, 0.5, 0.7, 0.1, 0.2, 0.3);
        try (TorchNetwork plain = Seq2Seqs.network(device, shape);
                TorchNetwork guided = plain.withHeads(heads, 3);
                TorchNetwork frozen = TorchNetwork.create(device, shape, NetworkOptions.exact(), 6)) {
            Seq2Seqs.randomise(guided);
            keepFromKinks(guided);
            Objective headQ = new Objective.HeadQ(
                    (first, readings) -> targets,
                    targets,
                    new float[] {1, 0.6f, 1},
                    new float[] {0, 1, 0},
                    frozen,
                    qLoss);
            checkGradient(guided, batch, headQ, Seq2SeqLearningTest::isLowestOrHead);
        }
    }

    private static boolean isLowestOrHead(String name) {
        return LOWEST.contains(name) || name.startsWith("value.");
    }

    private static void checkGradient(
            TorchNetwork network, TokenBatch batch, Objective objective, Predicate<String> names) {
        network.device().run(Device.Priority.TRAINING, () -> {
            Learning learning = new Learning(network);
            Set<String> checked = GradientCheck.run(network, learning, batch, objective, names);
            assertTrue(
                    network.weights().names().stream().filter(LOWEST::contains).allMatch(checked::contains));
            learning.close();
        });
    }

    @ParameterizedTest
    @MethodSource("dev.rehearse.networks.Seq2Seqs#shapes")
    void whatIsSavedOpensAgainBitForBit(Architecture shape, @TempDir Path directory) throws IOException {
        TokenBatch batch = one(tokens(5, 1), tokens(4, 2));
        Path again = Files.createDirectory(directory.resolve("again"));
        try (TorchNetwork network = Seq2Seqs.network(device, shape)) {
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
    @MethodSource("dev.rehearse.networks.Seq2Seqs#shapes")
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
