package dev.rehearse.networks;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Sizes of a GPT-2 network. Immutable.
 *
 * @param heads divides {@code width}
 * @param exactGelu Gauss error function instead of GPT-2's tanh approximation
 * @param tied whether the vocabulary projection is the embedding itself
 */
public record Gpt2(
        int vocabularySize,
        int contextLength,
        int width,
        int layers,
        int heads,
        double epsilon,
        boolean exactGelu,
        boolean tied)
        implements Architecture {
    public Gpt2 {
        if (width % heads != 0) {
            throw new InvalidModelException(
                    "config.json: n_embd is " + width + "; allowed: a multiple of n_head " + heads);
        }
    }

    /** The usual choices: layer norm's 1e-5, GPT-2's GELU, one matrix for embedding and projection. */
    public static Gpt2 of(int vocabularySize, int contextLength, int width, int layers, int heads) {
        return new Gpt2(vocabularySize, contextLength, width, layers, heads, 1e-5, false, true);
    }

    static Gpt2 fromConfig(JsonObject config) {
        String gelu = ModelConfig.oneOf(
                config, "activation_function", "gelu_new", List.of("gelu", "gelu_new", "gelu_pytorch_tanh"));
        ModelConfig.require(config, "scale_attn_weights", true);
        ModelConfig.require(config, "scale_attn_by_inverse_layer_idx", false);
        ModelConfig.require(config, "add_cross_attention", false);
        return new Gpt2(
                ModelConfig.positive(config, "vocab_size"),
                ModelConfig.positive(config, "n_positions"),
                ModelConfig.positive(config, "n_embd"),
                ModelConfig.layers(config, "n_layer"),
                ModelConfig.positive(config, "n_head"),
                ModelConfig.aboveZero(config, "layer_norm_epsilon", 1e-5),
                gelu.equals("gelu"),
                ModelConfig.flag(config, "tie_word_embeddings", true));
    }

    @Override
    public JsonObject toConfig(int endId) {
        JsonObject config = new JsonObject();
        JsonArray names = new JsonArray();
        names.add("GPT2LMHeadModel");
        config.add("architectures", names);
        config.addProperty("model_type", "gpt2");
        config.addProperty("vocab_size", vocabularySize);
        config.addProperty("n_positions", contextLength);
        config.addProperty("n_ctx", contextLength);
        config.addProperty("n_embd", width);
        config.addProperty("n_layer", layers);
        config.addProperty("n_head", heads);
        config.addProperty("layer_norm_epsilon", epsilon);
        config.addProperty("activation_function", exactGelu ? "gelu" : "gelu_new");
        config.addProperty("tie_word_embeddings", tied);
        config.addProperty("bos_token_id", endId);
        config.addProperty("eos_token_id", endId);
        config.addProperty("torch_dtype", "float32");
        return config;
    }

    @Override
    public Map<String, long[]> weightShapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        shapes.put("wte.weight", new long[] {vocabularySize, width});
        shapes.put("wpe.weight", new long[] {contextLength, width});
        for (int i = 0; i < layers; i++) {
            String layer = "h." + i + ".";
            norm(shapes, layer + "ln_1");
            projection(shapes, layer + "attn.c_attn", width, 3 * width);
            projection(shapes, layer + "attn.c_proj", width, width);
            norm(shapes, layer + "ln_2");
            projection(shapes, layer + "mlp.c_fc", width, 4 * width);
            projection(shapes, layer + "mlp.c_proj", 4 * width, width);
        }
        norm(shapes, "ln_f");
        if (!tied) {
            shapes.put("lm_head.weight", new long[] {vocabularySize, width});
        }
        return shapes;
    }

    private void norm(Map<String, long[]> shapes, String name) {
        shapes.put(name + ".weight", new long[] {width});
        shapes.put(name + ".bias", new long[] {width});
    }

    private static void projection(Map<String, long[]> shapes, String name, int in, int out) {
        shapes.put(name + ".weight", new long[] {in, out});
        shapes.put(name + ".bias", new long[] {out});
    }

    @Override
    public Map<String, Projection> projections() {
        Map<String, Projection> projections = new LinkedHashMap<>();
        for (int i = 0; i < layers; i++) {
            for (String name : List.of("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")) {
                String full = "h." + i + "." + name;
                projections.put(full, new Projection(full + ".weight", Projection.Order.IN_OUT));
            }
        }
        projections.put(HEAD, new Projection(tied ? "wte.weight" : "lm_head.weight", Projection.Order.OUT_IN));
        return projections;
    }

    @Override
    public DecodingState decodingState() {
        return DecodingState.keysAndValues(layers, heads, width / heads);
    }

    @Override
    public WeightNames weightNames() {
        return new WeightNames(
                "transformer.", "ln_f", List.of("c_proj.weight"), List.of("attn.bias", "attn.masked_bias"));
    }

    @Override
    public boolean projectionsAreTransposed() {
        return true;
    }

    @Override
    public ScriptName script() {
        return new ScriptName("gpt2", "Gpt2");
    }

    @Override
    public Map<String, Object> scriptAttributes() {
        return Map.of(
                "layers", layers,
                "heads", heads,
                "epsilon", epsilon,
                "gelu", exactGelu ? "none" : "tanh",
                "tied", tied);
    }
}
