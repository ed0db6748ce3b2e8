package dev.rehearse.networks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.networks.Heads.Kind;
import dev.rehearse.networks.Trainable.LastLayers;
import dev.rehearse.networks.Trainable.Lora;
import dev.rehearse.networks.Trainable.Targets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NetworkStateTest {
    private static final TokenBatch BATCH =
            new TokenBatch(new int[][] {{1, 2, 3, 4, 5}, {6, 0, 2, 2}}, new int[][] {{2, 3, 4}, {1, 3}});
    private static final LearningRates RATES = new LearningRates(1e-2, 1e-2, 1);
    private static final int BEFORE = 3;
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

    static List<Trainable> trainable() {
        return List.of(new Trainable.All(), new LastLayers(1), new Lora(2, 6, Targets.ALL));
    }

    private static TorchNetwork network(Trainable trainable, int width) {
        NetworkOptions options = new NetworkOptions(ComputeType.F32, 0.3, NetworkOptions.ValueTrunk.SHARED, trainable);
        return TorchNetwork.create(device, Gpt2.of(7, 8, width, 2, 2), options, 5);
    }

    private static void learn(TorchNetwork network, int updates) {
        for (int step = 0; step < updates; step++) {
            network.fit(BATCH, new Objective.Imitation(), RATES);
        }
    }

    /** The bits of all weights: 0 and −0 differ here. */
    private static Map<String, int[]> bits(TorchNetwork network) {
        return device.call(Device.Priority.TRAINING, () -> {
            Map<String, int[]> bits = new TreeMap<>();
            network.weights().forEach((name, array) -> {
                float[] numbers = array.toFloatArray();
                int[] raw = new int[numbers.length];
                Arrays.setAll(raw, i -> Float.floatToRawIntBits(numbers[i]));
                bits.put(name, raw);
            });
            return bits;
        });
    }

    @ParameterizedTest
    @MethodSource("trainable")
    void aNetworkThatWasReadBackLearnsOnWithTheSameBitsWithDropout(Trainable trainable) throws IOException {
        Path file = directory.resolve("state");
        try (TorchNetwork network = network(trainable, 8);
                TorchNetwork other = network(trainable, 8)) {
            learn(network, BEFORE);
            NetworkState.write(network, file);
            NetworkState.read(other, file, BEFORE);
            assertThat(bits(other)).usingRecursiveComparison().isEqualTo(bits(network));
            learn(network, 2);
            learn(other, 2);
            assertThat(bits(other)).usingRecursiveComparison().isEqualTo(bits(network));
        }
    }

    @Test
    void whatIsFrozenIsNotWritten() throws IOException {
        Path all = directory.resolve("all");
        Path adapters = directory.resolve("adapters");
        try (TorchNetwork whole = network(new Trainable.All(), 64);
                TorchNetwork adapted = network(new Lora(2, 6, Targets.ALL), 64)) {
            NetworkState.write(whole, all);
            NetworkState.write(adapted, adapters);
        }
        assertThat(Files.size(adapters)).isLessThan(Files.size(all) / 4);
    }

    @Test
    void theSignOfAZeroComesBack() throws IOException {
        Path file = directory.resolve("state");
        try (TorchNetwork network = network(new Trainable.All(), 8);
                TorchNetwork other = network(new Trainable.All(), 8)) {
            String name = network.weights().names().iterator().next();
            device.run(
                    Device.Priority.TRAINING,
                    () -> network.weights().array(name).muli(-0.0f));
            NetworkState.write(network, file);
            NetworkState.read(other, file, 0);
            assertThat(bits(other).get(name)).isEqualTo(bits(network).get(name)).contains(1 << 31, 0);
        }
    }

    @Test
    void anotherNetworksStateIsRefusedAndChangesNothing() throws IOException {
        Path wide = directory.resolve("wide");
        Path headed = directory.resolve("headed");
        try (TorchNetwork network = network(new Trainable.All(), 8);
                TorchNetwork wider = network(new Trainable.All(), 16);
                TorchNetwork withQ = network.withHeads(new Heads(Kind.V_AND_Q, 1, 0), 1)) {
            NetworkState.write(wider, wide);
            NetworkState.write(withQ, headed);
            Map<String, int[]> before = bits(network);
            assertThatThrownBy(() -> NetworkState.read(network, wide, 0))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContaining("was saved in shape");
            assertThatThrownBy(() -> NetworkState.read(network, headed, 0))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContaining("tensors were saved");
            assertThat(bits(network)).usingRecursiveComparison().isEqualTo(before);
        }
    }
}
