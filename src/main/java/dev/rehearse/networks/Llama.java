package dev.rehearse.networks;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Sizes of a network of Llama's family (Llama 2 and 3, TinyLlama, SmolLM2) or Qwen 2's, which differs by its biases.
 * Immutable.
 *
 * @param inner width of the SwiGLU between its projections
 * @param mlpBias whether the SwiGLU's projections have biases
 * @param tied whether the vocabulary projection is the embedding itself
 */
public record Llama(
        Family family,
        int vocabularySize,
        int contextLength,
        int width,
        int inner,
        int layers,
        Attention attention,
        double epsilon,
        boolean mlpBias,
        boolean tied)
        implements Architecture {
    /** Whose names and defaults {@code config.json} follows. */
    public enum Family {
        LLAMA("llama", "LlamaForCausalLM", 2048),
        QWEN2("qwen2", "Qwen2ForCausalLM", 32_768);

        private final String modelType;
        private final String className;
        private final int contextLength;

        Family(String modelType, String className, int contextLength) {
            this.modelType = modelType;
            this.className = className;
            this.contextLength = contextLength;
        }
    }

    /** Which projections of the attention have biases. */
    public enum Biases {
        NONE,
        /** Queries, keys and values: Qwen 2. */
        INPUTS,
        ALL
    }

    /**
     * Grouped-query attention.
     *
     * @param keyValueHeads divides {@code heads}
     * @param headWidth even: its halves are turned into each other
     */
    public record Attention(int heads, int keyValueHeads, int headWidth, Rope rope, Biases biases) {
        public Attention {
            if (heads % keyValueHeads != 0) {
                throw new InvalidModelException("config.json: num_attention_heads is " + heads
                        + "; allowed: a multiple of num_key_value_heads " + keyValueHeads);
            }
            if (headWidth % 2 != 0) {
                throw new InvalidModelException("config.json: head_dim is " + headWidth + "; allowed: an even number");
            }
            ModelConfig.bounded("num_attention_heads times head_dim", (long) heads * headWidth);
        }
    }

    /**
     * Rotary positions, with Llama 3's scaling of long waves.
     *
     * @param theta base of the wavelengths
     * @param factor by which the longest waves are stretched; 1 for no scaling
     * @param low turns in the original context below which a wave is stretched
     * @param high turns from which on it is kept, above {@code low}
     * @param originalContext tokens the network was first trained for
     */
    public record Rope(double theta, double factor, double low, double high, double originalContext) {
        static Rope plain(double theta) {
            return new Rope(theta, 1, 1, 4, 8192);
        }
    }

    /** The usual choices: epsilon 1e-5, theta 10,000, no biases, one matrix for embedding and projection. */
    public static Llama of(int vocabularySize, int contextLength, int width, int layers, int heads, int keyValueHeads) {
        Attention attention = new Attention(heads, keyValueHeads, width / heads, Rope.plain(10_000), Biases.NONE);
        // SwiGLU has three matrices: at 8/3 of the width it is as large as two at 4 times (Shazeer 2020).
        int inner = (8 * width / 3 + 31) / 32 * 32;
        return new Llama(
                Family.LLAMA, vocabularySize, contextLength, width, inner, layers, attention, 1e-5, false, true);
    }

    static Llama fromConfig(Family family, JsonObject config) {
        ModelConfig.oneOf(config, "hidden_act", "silu", List.of("silu"));
        ModelConfig.require(config, "use_sliding_window", false);
        return new Llama(
                family,
                ModelConfig.positive(config, "vocab_size"),
                ModelConfig.positive(config, "max_position_embeddings", family.contextLength),
                ModelConfig.positive(config, "hidden_size"),
                ModelConfig.positive(config, "intermediate_size"),
                ModelConfig.layers(config, "num_hidden_layers"),
                attention(family, config),
                ModelConfig.aboveZero(config, "rms_norm_eps", 1e-6),
                family == Family.LLAMA && ModelConfig.flag(config, "mlp_bias", false),
                ModelConfig.flag(config, "tie_word_embeddings", false));
    }

    private static Attention attention(Family family, JsonObject config) {
        int width = ModelConfig.positive(config, "hidden_size");
        int heads = ModelConfig.positive(config, "num_attention_heads");
        boolean own = config.has("head_dim") && !config.get("head_dim").isJsonNull();
        if (!own && width % heads != 0) {
            throw new InvalidModelException("config.json: hidden_size is " + width
                    + "; allowed: a multiple of num_attention_heads " + heads + ", or with a head_dim");
        }
        return new Attention(
                heads,
                ModelConfig.positive(config, "num_key_value_heads", heads),
                own ? ModelConfig.positive(config, "head_dim") : width / heads,
                RopeConfig.read(config),
                switch (family) {
                    case QWEN2 -> Biases.INPUTS;
                    case LLAMA -> ModelConfig.flag(config, "attention_bias", false) ? Biases.ALL : Biases.NONE;
                });
    }

    @Override
    public JsonObject toConfig(int endId) {
        JsonObject config = new JsonObject();
        JsonArray names = new JsonArray();
        names.add(family.className);
        config.add("architectures", names);
        config.addProperty("model_type", family.modelType);
        config.addProperty("vocab_size", vocabularySize);
        config.addProperty("max_position_embeddings", contextLength);
        config.addProperty("hidden_size", width);
        config.addProperty("intermediate_size", inner);
        config.addProperty("num_hidden_layers", layers);
        config.addProperty("num_attention_heads", attention.heads);
        config.addProperty("num_key_value_heads", attention.keyValueHeads);
        config.addProperty("head_dim", attention.headWidth);
        config.addProperty("hidden_act", "silu");
        config.addProperty("rms_norm_eps", epsilon);
        RopeConfig.write(attention.rope, config);
        if (family == Family.LLAMA) {
            config.addProperty("attention_bias", attention.biases == Biases.ALL);
            config.addProperty("mlp_bias", mlpBias);
        }
        config.addProperty("tie_word_embeddings", tied);
        config.addProperty("bos_token_id", endId);
        config.addProperty("eos_token_id", endId);
        config.addProperty("torch_dtype", "float32");
        return config;
    }

    @Override
    public DecodingState decodingState() {
        return DecodingState.keysAndValues(layers, attention.keyValueHeads, attention.headWidth);
    }

    @Override
    public Map<String, long[]> weightShapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        shapes.put("embed_tokens.weight", new long[] {vocabularySize, width});
        int queries = attention.heads * attention.headWidth;
        int keys = attention.keyValueHeads * attention.headWidth;
        boolean inputs = attention.biases != Biases.NONE;
        for (int i = 0; i < layers; i++) {
            String layer = "layers." + i + ".";
            shapes.put(layer + "input_layernorm.weight", new long[] {width});
            projection(shapes, layer + "self_attn.q_proj", width, queries, inputs);
            projection(shapes, layer + "self_attn.k_proj", width, keys, inputs);
            projection(shapes, layer + "self_attn.v_proj", width, keys, inputs);
            projection(shapes, layer + "self_attn.o_proj", queries, width, attention.biases == Biases.ALL);
            shapes.put(layer + "post_attention_layernorm.weight", new long[] {width});
            projection(shapes, layer + "mlp.gate_proj", width, inner, mlpBias);
            projection(shapes, layer + "mlp.up_proj", width, inner, mlpBias);
            projection(shapes, layer + "mlp.down_proj", inner, width, mlpBias);
        }
        shapes.put("norm.weight", new long[] {width});
        if (!tied) {
            shapes.put("lm_head.weight", new long[] {vocabularySize, width});
        }
        return shapes;
    }

    private static void projection(Map<String, long[]> shapes, String name, int in, int out, boolean bias) {
        shapes.put(name + ".weight", new long[] {out, in});
        if (bias) {
            shapes.put(name + ".bias", new long[] {out});
        }
    }

    @Override
    public Map<String, Projection> projections() {
        Map<String, Projection> projections = new LinkedHashMap<>();
        weightShapes().forEach((name, shape) -> {
            if (shape.length == 2 && name.startsWith("layers.")) {
                projections.put(
                        name.substring(0, name.length() - ".weight".length()),
                        new Projection(name, Projection.Order.OUT_IN));
            }
        });
        projections.put(HEAD, new Projection(tied ? "embed_tokens.weight" : "lm_head.weight", Projection.Order.OUT_IN));
        return projections;
    }

    @Override
    public WeightNames weightNames() {
        return new WeightNames(
                "model.", "norm", List.of("o_proj.weight", "down_proj.weight"), List.of("rotary_emb.inv_freq"));
    }

    @Override
    public boolean projectionsAreTransposed() {
        return false;
    }

    @Override
    public ScriptName script() {
        return new ScriptName("llama", "Llama");
    }

    @Override
    public Map<String, Object> scriptAttributes() {
        Rope rope = attention.rope;
        return Map.ofEntries(
                Map.entry("layers", layers),
                Map.entry("heads", attention.heads),
                Map.entry("kv_heads", attention.keyValueHeads),
                Map.entry("head_width", attention.headWidth),
                Map.entry("epsilon", epsilon),
                Map.entry("rope_theta", rope.theta),
                Map.entry("rope_factor", rope.factor),
                Map.entry("rope_low", rope.low),
                Map.entry("rope_high", rope.high),
                Map.entry("rope_context", rope.originalContext),
                Map.entry("tied", tied));
    }
}
