package dev.rehearse.networks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.rehearse.networks.Trainable.LastLayers;
import dev.rehearse.networks.Trainable.Lora;
import dev.rehearse.networks.Trainable.Targets;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TrainableTest {
    private static final TokenBatch BATCH =
            new TokenBatch(new int[][] {{1, 2, 3, 4, 5}, {6, 0, 2, 2}}, new int[][] {{2, 3, 4}, {1, 3}});
    private static final LearningRates RATES = new LearningRates(1e-2, 1e-2, 1);
    private static final Lora LORA = new Lora(2, 6, Targets.ALL);
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

    static List<Architecture> families() {
        return List.of(Gpt2.of(7, 8, 8, 2, 2), Llama.of(7, 8, 8, 2, 4, 2));
    }

    private static TorchNetwork network(Architecture architecture, Trainable trainable) {
        return TorchNetwork.create(device, architecture, NetworkOptions.exact().with(trainable), 5);
    }

    private static Map<String, float[]> numbers(TorchNetwork network) {
        return device.call(Device.Priority.TRAINING, () -> {
            Map<String, float[]> numbers = new HashMap<>();
            network.weights()
                    .names()
                    .forEach(name -> numbers.put(name, network.weights().numbers(name)));
            return numbers;
        });
    }

    /** Names of the language model's weights that differ. */
    private static TreeSet<String> changed(Map<String, float[]> before, Map<String, float[]> after) {
        TreeSet<String> changed = new TreeSet<>();
        before.forEach((name, numbers) -> {
            if (!name.startsWith("value.") && !Arrays.equals(numbers, after.get(name))) {
                changed.add(name);
            }
        });
        return changed;
    }

    private static void learn(TorchNetwork network) {
        for (int step = 0; step < 3; step++) {
            network.fit(BATCH, new Objective.Imitation(), RATES);
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void freshAdaptersChangeNothing(Architecture architecture) {
        try (TorchNetwork plain = network(architecture, new Trainable.All());
                TorchNetwork adapted = network(architecture, LORA)) {
            assertThat(adapted.read(BATCH).logProbs())
                    .isDeepEqualTo(plain.read(BATCH).logProbs());
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void theGradientOfEveryAdapterAgreesWithFiniteDifferences(Architecture architecture) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(2);
        try (TorchNetwork network = network(architecture, LORA)) {
            device.run(Device.Priority.TRAINING, () -> {
                for (String name : List.copyOf(network.weights().names())) {
                    float[] drawn = network.weights().numbers(name);
                    for (int i = 0; i < drawn.length; i++) {
                        drawn[i] += (float) (0.2 * random.nextGaussian());
                    }
                    network.weights().set(name, drawn);
                }
                try (Learning learning = new Learning(network)) {
                    assertThat(GradientCheck.gradients(network, learning, BATCH, new Objective.Imitation())
                                    .keySet())
                            .allMatch(Adapters::isOne)
                            .hasSize(network.weights().select(Adapters::isOne).size());
                    GradientCheck.run(network, learning, BATCH, new Objective.Imitation(), name -> true);
                }
            });
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void onlyAdaptersLearnAndThePriorIsNoSecondCopy(Architecture architecture) {
        try (TorchNetwork policy = network(architecture, LORA);
                TorchNetwork prior = policy.copy()) {
            Map<String, float[]> before = numbers(policy);
            float[][] said = prior.read(BATCH).logProbs();
            double start = policy.fit(BATCH, new Objective.Imitation(), RATES).loss();
            learn(policy);
            assertThat(policy.fit(BATCH, new Objective.Imitation(), RATES).loss())
                    .isLessThan(start);
            assertThat(changed(before, numbers(policy))).isNotEmpty().allMatch(Adapters::isOne);
            assertThat(prior.read(BATCH).logProbs()).isDeepEqualTo(said);
            device.run(Device.Priority.TRAINING, () -> {
                for (String name : architecture.weightShapes().keySet()) {
                    assertThat(prior.weights().array(name))
                            .isSameAs(policy.weights().array(name));
                }
            });
        }
    }

    @Test
    void targetsAreProjectionsOfAttentionOrMlp() {
        Architecture architecture = Llama.of(7, 8, 8, 1, 4, 2);
        try (TorchNetwork attention = network(architecture, new Lora(2, 4, Targets.ATTENTION));
                TorchNetwork mlp = network(architecture, new Lora(2, 4, Targets.MLP))) {
            assertThat(numbers(attention).keySet().stream().filter(Adapters::isOne))
                    .hasSize(8)
                    .allMatch(name -> name.contains("self_attn"));
            assertThat(numbers(mlp).keySet().stream().filter(Adapters::isOne))
                    .hasSize(6)
                    .allMatch(name -> name.contains("mlp"));
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void theLastLayersAreBlocksAndTheNormAfterThem(Architecture architecture) {
        try (TorchNetwork network = network(architecture, new LastLayers(1))) {
            Map<String, float[]> before = numbers(network);
            learn(network);
            assertThat(changed(before, numbers(network)))
                    .anyMatch(name -> name.contains(".1."))
                    .anyMatch(name -> name.startsWith("ln_f") || name.startsWith("norm"))
                    .noneMatch(name -> name.contains(".0.") || name.contains("wte") || name.contains("embed"));
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void whatIsSavedIsTheWholeModelAndItsAdapters(Architecture architecture) throws IOException {
        try (TorchNetwork network = network(architecture, LORA)) {
            learn(network);
            network.save(directory);
            Files.writeString(
                    directory.resolve("config.json"), network.config(2).toString());
            try (TorchNetwork merged = TorchNetwork.open(device, directory, NetworkOptions.exact())) {
                assertClose(network.read(BATCH).logProbs(), merged.read(BATCH).logProbs());
                assertMerged(architecture, numbers(network), numbers(merged));
            }
        }
    }

    private static void assertClose(float[][] expected, float[][] actual) {
        for (int b = 0; b < expected.length; b++) {
            for (int k = 0; k < expected[b].length; k++) {
                assertThat(actual[b][k]).isCloseTo(expected[b][k], within(1e-5f));
            }
        }
    }

    /** Every target is W + (alpha / rank)·B·A of what PEFT would read from the adapter's own files. */
    private void assertMerged(Architecture architecture, Map<String, float[]> base, Map<String, float[]> merged)
            throws IOException {
        Path adapter = directory.resolve("adapter");
        JsonObject config = JsonParser.parseString(Files.readString(adapter.resolve("adapter_config.json")))
                .getAsJsonObject();
        boolean transposed = config.get("fan_in_fan_out").getAsBoolean();
        assertThat(transposed).isEqualTo(architecture instanceof Gpt2);
        assertThat(config.get("peft_type").getAsString()).isEqualTo("LORA");
        double scale = config.get("lora_alpha").getAsDouble() / config.get("r").getAsInt();
        JsonArray modules = config.getAsJsonArray("target_modules");
        Safetensors file = Safetensors.open(adapter.resolve("adapter_model.safetensors"));
        String prefix = "base_model.model." + architecture.weightNames().prefix();
        int found = 0;
        for (Map.Entry<String, long[]> weight : architecture.weightShapes().entrySet()) {
            String stem = weight.getKey().replaceFirst("\\.weight$", "");
            boolean target = modules.asList().stream().anyMatch(module -> stem.endsWith("." + module.getAsString()));
            if (!target) {
                assertThat(merged.get(weight.getKey())).isEqualTo(base.get(weight.getKey()));
                continue;
            }
            found++;
            ByteBuffer a = file.floats(prefix + stem + ".lora_A.weight");
            ByteBuffer b = file.floats(prefix + stem + ".lora_B.weight");
            int columns = (int) weight.getValue()[1];
            int in = (int) weight.getValue()[transposed ? 0 : 1];
            float[] expected = base.get(weight.getKey()).clone();
            for (int n = 0; n < expected.length; n++) {
                int i = transposed ? n / columns : n % columns;
                int o = transposed ? n % columns : n / columns;
                for (int r = 0; r < 2; r++) {
                    expected[n] += (float) (scale * b.getFloat(4 * (o * 2 + r)) * a.getFloat(4 * (r * in + i)));
                }
            }
            assertThat(merged.get(weight.getKey()))
                    .usingComparatorWithPrecision(1e-5f)
                    .containsExactly(expected);
        }
        assertThat(file.entries()).hasSize(2 * found);
        assertThat(found).isEqualTo(architecture instanceof Gpt2 ? 8 : 14);
    }

    @Test
    void frozenWeightsAreFreedWithTheLastThatReadsThem() {
        int before = managers();
        TorchNetwork first = network(families().get(1), LORA);
        TorchNetwork second = first.copy();
        float[][] said = second.read(BATCH).logProbs();
        first.close();
        assertThat(second.read(BATCH).logProbs()).isDeepEqualTo(said);
        second.close();
        assertThat(managers()).isEqualTo(before);
    }

    @Test
    void moreLastLayersThanThereAreAreRefusedAndNothingStaysAllocated() {
        int before = managers();
        assertThatThrownBy(() -> network(families().get(0), new LastLayers(3)))
                .hasMessage("the last 3 layers; the model has 2");
        assertThat(managers()).isEqualTo(before);
    }

    private static int managers() {
        return device.call(
                Device.Priority.TRAINING,
                () -> device.manager().getManagedArrays().size());
    }

    @Test
    void onlyCopiesAreBlended() {
        try (TorchNetwork network = network(families().get(0), LORA);
                TorchNetwork copy = network.copy();
                TorchNetwork stranger = network(families().get(0), LORA)) {
            learn(network);
            copy.blend(network, 1);
            assertThat(copy.read(BATCH).logProbs())
                    .isDeepEqualTo(network.read(BATCH).logProbs());
            assertThatThrownBy(() -> copy.blend(stranger, 1)).hasMessageContaining("frozen");
        }
    }

    /** Three letters, a sign, the same letters again; of the words, every fifth is never shown. */
    @Test
    void aLlamaLearnsToRepeat() {
        List<int[]> shown = new ArrayList<>();
        List<int[]> heldOut = new ArrayList<>();
        for (int n = 0; n < 216; n++) {
            int[] word = {n % 6, n / 6 % 6, n / 36};
            (n % 5 == 0 ? heldOut : shown).add(new int[] {word[0], word[1], word[2], 6, word[0], word[1], word[2]});
        }
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
        try (TorchNetwork network =
                TorchNetwork.create(device, Llama.of(7, 8, 48, 2, 4, 2), NetworkOptions.exact(), 1)) {
            for (int step = 0; step < 320; step++) {
                TokenBatch batch = repeated(
                        random.ints(48, 0, shown.size()).mapToObj(shown::get).toList());
                network.fit(batch, new Objective.Imitation(), new LearningRates(5e-3, 0, 1));
            }
            double right = Arrays.stream(network.read(repeated(heldOut)).logProbs())
                    .filter(word -> Math.exp(word[0] + word[1] + word[2]) > 0.5)
                    .count();
            // Which single words it misses is a matter of rounding.
            assertThat(right / heldOut.size()).isGreaterThan(0.9);
        }
    }

    private static TokenBatch repeated(List<int[]> words) {
        int[][] actions = new int[words.size()][];
        Arrays.fill(actions, new int[] {4, 5, 6});
        return new TokenBatch(words.toArray(int[][]::new), actions);
    }
}
