package dev.rehearse.networks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class LlamaTest {
    private static final int VOCABULARY = 19;
    private static final int CONTEXT = 128;

    static List<Llama> shapes() {
        return List.of(
                Llama.of(VOCABULARY, CONTEXT, 16, 2, 4, 2),
                Llamas.qwen2(VOCABULARY, CONTEXT),
                Llamas.llama3(VOCABULARY, CONTEXT));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void theScriptSaysWhatTheFormulasSay(Llama shape) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(5);
        Device device = TestDevice.open();
        try (device;
                TorchNetwork network = TorchNetwork.create(device, shape, NetworkOptions.exact(), 1)) {
            Map<String, float[]> weights = randomise(network, random);
            // Long enough that the longest waves have turned.
            int[] prefix = random.ints(100, 0, VOCABULARY).toArray();
            double[] expected = new LlamaFormulas(shape, weights).next(prefix);
            int[][] tokens = new int[VOCABULARY][];
            int[][] actions = new int[VOCABULARY][];
            for (int v = 0; v < VOCABULARY; v++) {
                tokens[v] = Arrays.copyOf(prefix, prefix.length + 1);
                tokens[v][prefix.length] = v;
                actions[v] = new int[] {prefix.length};
            }
            float[][] actual = network.read(new TokenBatch(tokens, actions)).logProbs();
            for (int v = 0; v < VOCABULARY; v++) {
                assertEquals(expected[v], actual[v][0], 2e-4, "token " + v);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void aPromptReadInPiecesIsAPromptReadWhole(Llama shape) {
        int[] prompt = {3, 1, 4, 1, 5, 9, 2, 6, 5};
        Decoding.Choosing greedy =
                new Decoding.Choosing.Each(new float[1], new int[1], new float[] {1}, new float[1], VOCABULARY);
        Device device = TestDevice.open();
        try (device;
                TorchNetwork network = TorchNetwork.create(device, shape, NetworkOptions.exact(), 1);
                Decoding decoding = network.decoding(3, CONTEXT, Device.Priority.SERVING)) {
            for (int first = 1; first < prompt.length; first++) {
                decoding.extend(1, 0, Arrays.copyOf(prompt, first), greedy);
                int[] rest = Arrays.copyOfRange(prompt, first, prompt.length);
                Decoding.Choice pieces = decoding.extend(1, first, rest, greedy);
                Decoding.Choice whole = decoding.prefill(new int[] {2}, new int[][] {prompt}, greedy);
                assertArrayEquals(whole.topTokens()[0], pieces.topTokens()[0]);
                assertArrayEquals(whole.topLogProbs()[0], pieces.topLogProbs()[0], 1e-5f);
            }
        }
    }

    /** Numbers of a size that makes every part matter, biases and norms too. */
    private static Map<String, float[]> randomise(TorchNetwork network, RandomGenerator random) {
        Map<String, float[]> weights = new HashMap<>();
        network.device().run(Device.Priority.TRAINING, () -> {
            for (String name : List.copyOf(network.weights().names())) {
                float[] numbers = network.weights().numbers(name);
                for (int i = 0; i < numbers.length; i++) {
                    numbers[i] = (float)
                            (name.contains("norm") ? 1 + 0.3 * random.nextGaussian() : 0.3 * random.nextGaussian());
                }
                network.weights().set(name, numbers);
                weights.put(name, network.weights().numbers(name));
            }
        });
        return weights;
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void whatIsWrittenIsReadAgain(Llama shape) {
        assertEquals(shape, Architecture.fromConfig(shape.toConfig(3)));
    }

    /** SmolLM2-360M's configuration, as far as it matters here. */
    @Test
    void whatHuggingFaceLeavesOutHasItsDefault() {
        JsonObject config = JsonParser.parseString("""
                {"model_type": "llama", "hidden_size": 960, "intermediate_size": 2560, "num_attention_heads": 15,
                 "num_hidden_layers": 32, "num_key_value_heads": 5, "vocab_size": 49152, "tie_word_embeddings": true,
                 "rope_scaling": null, "pad_token_id": 2}""").getAsJsonObject();
        Llama read = (Llama) Architecture.fromConfig(config);
        assertEquals(2048, read.contextLength());
        assertEquals(64, read.attention().headWidth());
        assertEquals(1e-6, read.epsilon());
        assertEquals(361_821_120, read.parameters());
        config.remove("num_key_value_heads");
        assertEquals(15, ((Llama) Architecture.fromConfig(config)).attention().keyValueHeads());
    }

    @Test
    void newerFilesPutRotaryPositionsIntoOneObject() {
        JsonObject config = Llamas.llama3(9, 16).toConfig(3);
        JsonObject parameters = config.remove("rope_scaling").getAsJsonObject();
        parameters.add("rope_theta", config.remove("rope_theta"));
        config.add("rope_parameters", parameters);
        assertEquals(Llamas.llama3(9, 16), Architecture.fromConfig(config));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"})
    void aMissingKeyIsNamed(String key) {
        JsonObject config = Llamas.llama3(9, 16).toConfig(3);
        config.remove(key);
        assertTrue(refusal(config).startsWith("config.json: " + key + " is null"), refusal(config));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "num_hidden_layers | -1",
                "num_hidden_layers | 1025",
                "num_hidden_layers | 1e12",
                "hidden_size | 1e300",
                "rms_norm_eps | NaN",
                "rms_norm_eps | 0",
                "rms_norm_eps | -1e-5",
                "num_attention_heads | 3",
                "num_key_value_heads | 3",
                "num_key_value_heads | 0",
                "head_dim | 7",
                "head_dim | 8388608",
                "hidden_act | \"gelu\"",
                "rope_theta | -1",
                "rope_theta | NaN",
                "rope_scaling | \"llama3\"",
                "rope_scaling | {\"rope_type\": \"yarn\", \"factor\": 4}",
                "rope_scaling | {\"type\": \"linear\", \"factor\": 2}",
                "rope_scaling | {\"rope_type\": \"llama3\"}",
                "attention_bias | 1",
                "use_sliding_window | true",
                "tie_word_embeddings | 0",
            })
    void aValueThatIsNotSupportedIsRefusedByItsKey(String key, String value) {
        JsonObject config = Llamas.llama3(9, 16).toConfig(3);
        config.add(key, JsonParser.parseString(value));
        String message = refusal(config);
        String named = key.equals("rope_scaling") && value.startsWith("{") ? "config.json: " : key;
        assertTrue(message.startsWith("config.json: ") && message.contains(named), message);
    }

    @Test
    void scalingNeedsALowThatIsBelowItsHigh() {
        JsonObject config = Llamas.llama3(9, 16).toConfig(3);
        config.getAsJsonObject("rope_scaling").addProperty("low_freq_factor", 4);
        assertEquals("config.json: high_freq_factor is 4.0; allowed: above low_freq_factor 4.0", refusal(config));
    }

    @Test
    void headsThatDoNotDivideTheWidthNeedAWidthOfTheirOwn() {
        JsonObject config = Llamas.llama3(9, 16).toConfig(3);
        config.remove("head_dim");
        config.addProperty("hidden_size", 26);
        assertTrue(refusal(config).startsWith("config.json: hidden_size is 26; allowed: a multiple of"));
    }

    private static String refusal(JsonObject config) {
        return assertThrows(InvalidModelException.class, () -> Architecture.fromConfig(config))
                .getMessage();
    }
}
