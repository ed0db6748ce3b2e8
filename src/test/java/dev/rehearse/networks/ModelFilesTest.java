package dev.rehearse.networks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelFilesTest {
    private static final Gpt2 SHAPE = Gpt2.of(11, 8, 8, 1, 2);
    private static final TokenBatch BATCH = new TokenBatch(new int[][] {{1, 2, 3, 4}}, new int[][] {{1, 2, 3}});
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

    private void config(Architecture architecture) throws IOException {
        Files.writeString(
                directory.resolve("config.json"), architecture.toConfig(2).toString());
    }

    /** Writes the weights of a fresh network under names with a prefix. */
    private Map<String, long[]> write(TorchNetwork network, String prefix) throws IOException {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        network.architecture().weightShapes().forEach((name, shape) -> shapes.put(prefix + name, shape));
        Path file = directory.resolve("model.safetensors");
        Files.deleteIfExists(file);
        SafetensorsWriter.write(file, shapes, name -> numbers(network, name.substring(prefix.length())));
        return shapes;
    }

    private static float[] numbers(TorchNetwork network, String name) {
        return device.call(Device.Priority.TRAINING, () -> network.weights().numbers(name));
    }

    private TorchNetwork opened() {
        return TorchNetwork.open(device, directory, NetworkOptions.exact());
    }

    private String refusal() {
        return assertThrows(InvalidModelException.class, this::opened).getMessage();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "transformer."})
    void weightsAreFoundWithAndWithoutThePrefix(String prefix) throws IOException {
        config(SHAPE);
        try (TorchNetwork network = TorchNetwork.create(device, SHAPE, NetworkOptions.exact(), 1)) {
            write(network, prefix);
            try (TorchNetwork opened = opened()) {
                assertArrayEquals(
                        network.read(BATCH).logProbs()[0], opened.read(BATCH).logProbs()[0]);
            }
        }
    }

    /** Or every reply would wait for the whole of a large file. */
    @Test
    void theDeviceIsFreeBetweenTwoTensors() throws IOException {
        config(SHAPE);
        int tensors = SHAPE.weightShapes().size();
        long before = device.done(Device.Priority.TRAINING).pieces();
        try (TorchNetwork network = TorchNetwork.create(device, SHAPE, NetworkOptions.exact(), 1)) {
            network.save(directory);
        }
        long saved = device.done(Device.Priority.TRAINING).pieces();
        assertTrue(saved - before > tensors);
        opened().close();
        assertTrue(device.done(Device.Priority.TRAINING).pieces() - saved > tensors);
    }

    @Test
    void anUntiedProjectionIsSavedWithoutThePrefixAsHuggingFaceDoes() throws IOException {
        Gpt2 untied = new Gpt2(11, 8, 8, 1, 2, 1e-5, false, false);
        config(untied);
        try (TorchNetwork network = TorchNetwork.create(device, untied, NetworkOptions.exact(), 1)) {
            network.save(directory);
            Map<String, Safetensors.Entry> entries =
                    Safetensors.open(directory.resolve("model.safetensors")).entries();
            assertTrue(entries.containsKey("lm_head.weight"));
            assertTrue(entries.containsKey("transformer.wte.weight"));
            try (TorchNetwork opened = opened()) {
                assertArrayEquals(
                        network.read(BATCH).logProbs()[0], opened.read(BATCH).logProbs()[0]);
            }
        }
    }

    @Test
    void aShapeThatTheConfigDoesNotImplyIsNamedWithBothShapes() throws IOException {
        config(Gpt2.of(12, 8, 8, 1, 2));
        try (TorchNetwork network = TorchNetwork.create(device, SHAPE, NetworkOptions.exact(), 1)) {
            write(network, "transformer.");
        }
        assertEquals("transformer.wte.weight has shape [11, 8]; config.json implies [12, 8]", refusal());
    }

    @Test
    void aWeightThatIsMissingIsNamed() throws IOException {
        config(Gpt2.of(11, 8, 8, 2, 2));
        try (TorchNetwork network = TorchNetwork.create(device, SHAPE, NetworkOptions.exact(), 1)) {
            write(network, "");
        }
        assertEquals("h.1.ln_1.weight is missing; config.json implies shape [8]", refusal());
    }

    @Test
    void aNetworkWithoutValueHeadStartsAtZero() throws IOException {
        config(SHAPE);
        try (TorchNetwork network = TorchNetwork.create(device, SHAPE, NetworkOptions.exact(), 1)) {
            write(network, "");
        }
        try (TorchNetwork opened = opened()) {
            assertArrayEquals(new float[4], opened.read(BATCH).values()[0]);
        }
    }

    @Test
    void aValueHeadOfAnotherWidthIsRefusedAndNothingStaysAllocated() throws IOException {
        config(SHAPE);
        try (TorchNetwork network = TorchNetwork.create(device, SHAPE, NetworkOptions.exact(), 1)) {
            write(network, "");
        }
        SafetensorsWriter.write(
                directory.resolve("value_head.safetensors"),
                Map.of("value.fc.weight", new long[] {1}),
                name -> new float[1]);
        int before = managers();
        assertEquals("value.fc.weight has shape [1]; config.json implies [8, 8]", refusal());
        assertEquals(before, managers());
    }

    /** Owners of native memory below the device's. */
    private static int managers() {
        return device.call(
                Device.Priority.TRAINING,
                () -> device.manager().getManagedArrays().size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{", "1"})
    void aConfigThatIsNoObjectIsRefused(String content) throws IOException {
        Files.writeString(directory.resolve("config.json"), content);
        assertTrue(refusal().contains("config.json"));
    }

    @Test
    void aDirectoryWithoutFilesIsRefused() throws IOException {
        assertTrue(refusal().contains("config.json"));
        config(SHAPE);
        assertTrue(refusal().contains("model.safetensors"));
    }

    @Test
    void aTensorOfMoreNumbersThanABufferHoldsIsRefusedBeforeAnyIsRead() throws IOException {
        config(Gpt2.of(1 << 16, 8, 1 << 14, 1, 2));
        byte[] header = "{\"wte.weight\":{\"dtype\":\"F16\",\"shape\":[65536,16384],\"data_offsets\":[0,2147483648]}}"
                .getBytes(UTF_8);
        try (RandomAccessFile file =
                new RandomAccessFile(directory.resolve("model.safetensors").toFile(), "rw")) {
            file.writeLong(Long.reverseBytes(header.length));
            file.write(header);
            file.setLength(8 + header.length + (1L << 31)); // a hole: it takes no room on the disk
        }
        assertEquals(
                "wte.weight: 1073741824 numbers; allowed: up to 536870911",
                assertThrows(InvalidModelException.class, this::opened).getMessage());
    }
}
