package dev.rehearse.networks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.rehearse.networks.Safetensors.Type;
import dev.rehearse.networks.SafetensorsWriter.Form;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Directories of Hugging Face's form, read and written again. */
class StoredFormTest {
    private static final Llama SHAPE = Llamas.llama3(11, 16);
    private static final TokenBatch BATCH = new TokenBatch(new int[][] {{1, 2, 3, 4}}, new int[][] {{1, 2, 3}});
    private static Device device;

    @TempDir
    private Path directory;

    private final Map<String, float[]> numbers = new HashMap<>();

    @BeforeAll
    static void open() {
        device = TestDevice.open();
    }

    @AfterAll
    static void close() {
        device.close();
    }

    @BeforeEach
    void config() throws IOException {
        JsonObject config = SHAPE.toConfig(2);
        config.addProperty("torch_dtype", "bfloat16");
        config.addProperty("transformers_version", "4.46.0");
        Files.writeString(directory.resolve("config.json"), config.toString());
    }

    /** Numbers that the type holds, one tensor of each name. */
    private Map<String, Form> forms(Type type, UnaryOperator<String> rename) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
        Map<String, Form> forms = new LinkedHashMap<>();
        SHAPE.weightShapes().forEach((name, shape) -> {
            Form form = new Form(type, shape);
            float[] drawn = new float[(int) form.count()];
            for (int i = 0; i < drawn.length; i++) {
                drawn[i] = rounded(type, (float) (0.2 * random.nextGaussian()));
            }
            forms.put(rename.apply(name), form);
            numbers.put(rename.apply(name), drawn);
        });
        return forms;
    }

    private static float rounded(Type type, float number) {
        return switch (type) {
            case F16 -> HalfFloat.toFloat(HalfFloat.fromFloat(number));
            case BF16 -> Float.intBitsToFloat(Float.floatToRawIntBits(number) & 0xffff0000);
            default -> number;
        };
    }

    private void write(String file, Map<String, Form> forms) throws IOException {
        SafetensorsWriter.writeForms(directory.resolve(file), forms, numbers::get);
    }

    private TorchNetwork opened() {
        return TorchNetwork.open(device, directory, NetworkOptions.exact());
    }

    private Path saved(TorchNetwork network) throws IOException {
        Path target = Files.createDirectory(directory.resolve("saved"));
        network.save(target);
        Files.writeString(target.resolve("config.json"), network.config(2).toString());
        return target;
    }

    private static String inModel(String name) {
        return name.equals("lm_head.weight") ? name : "model." + name;
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16"})
    void whatWasLoadedIsSavedBitForBit(Type type) throws IOException {
        write("model.safetensors", forms(type, StoredFormTest::inModel));
        try (TorchNetwork network = opened()) {
            Path target = saved(network);
            assertThat(target.resolve("model.safetensors"))
                    .hasSameBinaryContentAs(directory.resolve("model.safetensors"));
            assertThat(JsonParser.parseString(Files.readString(target.resolve("config.json"))))
                    .isEqualTo(JsonParser.parseString(Files.readString(directory.resolve("config.json"))));
        }
    }

    @Test
    void aBareModelsNamesStayWithoutPrefix() throws IOException {
        write("model.safetensors", forms(Type.BF16, name -> name));
        try (TorchNetwork network = opened()) {
            assertThat(saved(network).resolve("model.safetensors"))
                    .hasSameBinaryContentAs(directory.resolve("model.safetensors"));
        }
    }

    @Test
    void whatTrainingChangedIsSavedWithoutRounding() throws IOException {
        write("model.safetensors", forms(Type.BF16, StoredFormTest::inModel));
        NetworkOptions options = NetworkOptions.exact().with(new Trainable.LastLayers(1));
        try (TorchNetwork network = TorchNetwork.open(device, directory, options)) {
            network.fit(BATCH, new Objective.Imitation(), new LearningRates(1e-3, 0, 1));
            Path target = saved(network);
            Safetensors file = Safetensors.open(target.resolve("model.safetensors"));
            assertThat(file.entry("model.layers.0.mlp.up_proj.weight").type()).isEqualTo(Type.BF16);
            assertThat(file.entry("model.layers.1.mlp.up_proj.weight").type()).isEqualTo(Type.F32);
            assertThat(Files.readString(target.resolve("config.json"))).contains("\"torch_dtype\":\"float32\"");
            try (TorchNetwork again = TorchNetwork.open(device, target, NetworkOptions.exact())) {
                assertThat(again.read(BATCH).logProbs())
                        .isDeepEqualTo(network.read(BATCH).logProbs());
            }
        }
    }

    private void shards(String secondFile) throws IOException {
        Map<String, Form> forms = forms(Type.F32, StoredFormTest::inModel);
        Map<String, Form> first = new LinkedHashMap<>();
        Map<String, Form> second = new LinkedHashMap<>();
        JsonObject places = new JsonObject();
        forms.forEach((name, form) -> {
            boolean early = first.size() < 5;
            (early ? first : second).put(name, form);
            places.addProperty(name, early ? "model-00001-of-00002.safetensors" : secondFile);
        });
        write("model-00001-of-00002.safetensors", first);
        write("model-00002-of-00002.safetensors", second);
        JsonObject index = new JsonObject();
        index.add("weight_map", places);
        Files.writeString(directory.resolve("model.safetensors.index.json"), index.toString());
    }

    @Test
    void tensorsMayLieInSeveralFiles() throws IOException {
        shards("model-00002-of-00002.safetensors");
        try (TorchNetwork network = opened()) {
            Safetensors saved = Safetensors.open(saved(network).resolve("model.safetensors"));
            numbers.forEach((name, expected) -> {
                ByteBuffer actual = saved.floats(name);
                for (float number : expected) {
                    assertThat(actual.getFloat()).isEqualTo(number);
                }
            });
        }
    }

    @Test
    void anIndexNamesFilesOfItsDirectoryOnly() throws IOException {
        for (String file : List.of("../other.safetensors", "/etc/passwd", "model.bin", "")) {
            for (String old : List.of("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")) {
                Files.deleteIfExists(directory.resolve(old));
            }
            shards(file);
            assertThatThrownBy(this::opened)
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContaining(" is in " + file);
        }
    }

    @Test
    void aShardThatIsMissingOrLacksItsTensorIsNamed() throws IOException {
        shards("model-00003-of-00003.safetensors");
        assertThatThrownBy(this::opened)
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("model-00003-of-00003.safetensors: cannot be read");
        Files.copy(
                directory.resolve("model-00001-of-00002.safetensors"),
                directory.resolve("model-00003-of-00003.safetensors"));
        assertThatThrownBy(this::opened)
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("is missing in model-00003-of-00003.safetensors");
    }

    @Test
    void aTensorThatTheConfigurationDoesNotImplyIsRefused() throws IOException {
        Map<String, Form> forms = forms(Type.F32, StoredFormTest::inModel);
        addExtra(forms, "model.layers.0.self_attn.q_norm.weight");
        write("model.safetensors", forms);
        assertThatThrownBy(this::opened)
                .isInstanceOf(InvalidModelException.class)
                .hasMessageStartingWith("model.layers.0.self_attn.q_norm.weight is in the file");
    }

    @Test
    void whatTheNetworkComputesItselfMayLieInTheFile() throws IOException {
        Map<String, Form> forms = forms(Type.F32, StoredFormTest::inModel);
        addExtra(forms, "model.layers.0.self_attn.rotary_emb.inv_freq");
        addExtra(forms, "lm_head.weight"); // tied: the embedding is used
        write("model.safetensors", forms);
        opened().close();
    }

    private void addExtra(Map<String, Form> forms, String name) {
        forms.put(name, new Form(Type.F32, new long[] {4}));
        numbers.put(name, new float[4]);
    }

    @Test
    void aTypeThatIsNotReadIsNamedBeforeAnythingIsAllocated() throws IOException {
        Map<String, Form> forms = forms(Type.F32, StoredFormTest::inModel);
        write("model.safetensors", forms);
        byte[] bytes = Files.readAllBytes(directory.resolve("model.safetensors"));
        String text = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
        String changed = text.replaceFirst("\"F32\"", "\"I32\"");
        Files.write(
                directory.resolve("model.safetensors"), changed.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
        assertThatThrownBy(this::opened).hasMessage("model.embed_tokens.weight: dtype is I32; allowed: F32, F16, BF16");
    }

    @Test
    void aConfigurationOfEnormousSizesIsRefusedByTheFirstTensor() throws IOException {
        write("model.safetensors", forms(Type.F32, StoredFormTest::inModel));
        JsonObject config = SHAPE.toConfig(2);
        config.addProperty("vocab_size", 1 << 24);
        config.addProperty("hidden_size", 1 << 24);
        Files.writeString(directory.resolve("config.json"), config.toString());
        assertThatThrownBy(this::opened)
                .hasMessage("model.embed_tokens.weight has shape [11, 24]; config.json implies [16777216, 16777216]");
    }

    @Test
    void halvesAreRoundedToTheNearest() {
        float[] given = {1, -2.5f, 65504, 65520, 1e-8f, 6e-8f, 0x1.004p0f, 0x1.006p0f, -0f, 0x1p-15f};
        float[] expected = {1, -2.5f, 65504, Float.POSITIVE_INFINITY, 0, 0x1p-24f, 0x1.004p0f, 0x1.008p0f, -0f, 0x1p-15f
        };
        for (int i = 0; i < given.length; i++) {
            assertThat(HalfFloat.toFloat(HalfFloat.fromFloat(given[i])))
                    .as(Arrays.toString(new float[] {given[i]}))
                    .isEqualTo(expected[i]);
        }
        for (int half = 0; half < 1 << 16; half++) {
            assertThat(HalfFloat.fromFloat(HalfFloat.toFloat((short) half))).isEqualTo((short) half);
        }
    }
}
