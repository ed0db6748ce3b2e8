package dev.rehearse.networks;

import com.google.gson.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Sizes of an encoder and a decoder of LSTM layers. Immutable.
 *
 * @param width even: each direction of the encoder has half of it
 * @param layers of the encoder and of the decoder
 * @param attention whether the decoder looks at the encoder's states at every step, and not at its last ones alone
 */
public record LstmSeq2Seq(int vocabularySize, int contextLength, int width, int layers, boolean attention)
        implements Architecture {
    static final String MODEL_TYPE = "lstm_seq2seq";

    /** Rows of a layer's matrices: input, forget, cell and output. */
    private static final long GATES = 4;

    private static final String ATTENTION = "attention.";

    public LstmSeq2Seq {
        if (width % 2 != 0) {
            throw new InvalidModelException("config.json: hidden_size is " + width + "; allowed: an even number");
        }
    }

    static LstmSeq2Seq fromConfig(JsonObject config) {
        return new LstmSeq2Seq(
                ModelConfig.positive(config, "vocab_size"),
                ModelConfig.positive(config, "max_position_embeddings"),
                ModelConfig.positive(config, "hidden_size"),
                ModelConfig.layers(config, "num_hidden_layers"),
                ModelConfig.flag(config, "attention", true));
    }

    @Override
    public JsonObject toConfig(int endId) {
        JsonObject config = ModelConfig.ofSeq2Seq(MODEL_TYPE, this, endId);
        config.addProperty("num_hidden_layers", layers);
        config.addProperty("attention", attention);
        return config;
    }

    @Override
    public Reading reading() {
        return Reading.ENCODER_DECODER;
    }

    @Override
    public DecodingState decodingState() {
        long[] recurrent = {layers, width};
        return new DecodingState(
                attention ? List.of(new long[] {width}) : List.of(), List.of(new long[0], recurrent, recurrent));
    }

    @Override
    public Map<String, long[]> weightShapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        shapes.put("embedding.weight", new long[] {vocabularySize, width});
        for (int i = 0; i < layers; i++) {
            layer(shapes, "encoder", "_l" + i, width / 2);
            layer(shapes, "encoder", "_l" + i + "_reverse", width / 2);
        }
        for (int i = 0; i < layers; i++) {
            layer(shapes, "decoder", "_l" + i, width);
        }
        if (attention) {
            shapes.put(ATTENTION + "query.weight", new long[] {width, width});
            shapes.put(ATTENTION + "out.weight", new long[] {width, 2L * width});
        }
        return shapes;
    }

    /** Every layer reads D numbers, the embedding's or those of the layer below. */
    private void layer(Map<String, long[]> shapes, String part, String ending, int inner) {
        shapes.put(part + ".weight_ih" + ending, new long[] {GATES * inner, width});
        shapes.put(part + ".weight_hh" + ending, new long[] {GATES * inner, inner});
        shapes.put(part + ".bias_ih" + ending, new long[] {GATES * inner});
        shapes.put(part + ".bias_hh" + ending, new long[] {GATES * inner});
    }

    @Override
    public double freshSpread(String name, long[] shape) {
        return 1 / Math.sqrt((double) shape[1]);
    }

    @Override
    public WeightNames weightNames() {
        return new WeightNames("", "attention", List.of(), List.of());
    }

    @Override
    public int block(String name) {
        if (name.startsWith(ATTENTION)) {
            return layers;
        }
        return name.startsWith("decoder.") ? Integer.parseInt(name.substring(name.lastIndexOf("_l") + 2)) : -1;
    }

    @Override
    public boolean projectionsAreTransposed() {
        return false;
    }

    @Override
    public ScriptName script() {
        return new ScriptName("lstm_seq2seq", "LstmSeq2Seq");
    }

    @Override
    public Map<String, Object> scriptAttributes() {
        return Map.of("layers", layers, "attention", attention);
    }
}
