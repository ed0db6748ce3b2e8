package dev.rehearse.networks;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Sizes of an encoder and a decoder of gated convolutions. Immutable.
 *
 * @param kernel inputs that a convolution sees at once, odd: as many on both sides of the encoder's, all past ones of the
 *     decoder's
 */
public record ConvSeq2Seq(
        int vocabularySize, int contextLength, int width, int encoderLayers, int decoderLayers, int kernel)
        implements Architecture {
    static final String MODEL_TYPE = "conv_seq2seq";

    private static final int LARGEST_KERNEL = 255;
    private static final String LAYERS = "decoder.layers.";

    public ConvSeq2Seq {
        if (kernel % 2 == 0 || kernel < 1 || kernel > LARGEST_KERNEL) {
            throw new InvalidModelException(
                    "config.json: kernel_size is " + kernel + "; allowed: an odd number up to " + LARGEST_KERNEL);
        }
    }

    static ConvSeq2Seq fromConfig(JsonObject config) {
        return new ConvSeq2Seq(
                ModelConfig.positive(config, "vocab_size"),
                ModelConfig.positive(config, "max_position_embeddings"),
                ModelConfig.positive(config, "hidden_size"),
                ModelConfig.layers(config, "encoder_layers"),
                ModelConfig.layers(config, "decoder_layers"),
                ModelConfig.positive(config, "kernel_size"));
    }

    @Override
    public JsonObject toConfig(int endId) {
        JsonObject config = ModelConfig.ofSeq2Seq(MODEL_TYPE, this, endId);
        config.addProperty("encoder_layers", encoderLayers);
        config.addProperty("decoder_layers", decoderLayers);
        config.addProperty("kernel_size", kernel);
        return config;
    }

    /** The decoder's, whose last ones can be trained alone. */
    @Override
    public int layers() {
        return decoderLayers;
    }

    @Override
    public Reading reading() {
        return Reading.ENCODER_DECODER;
    }

    @Override
    public DecodingState decodingState() {
        List<long[]> perSequence = new ArrayList<>();
        perSequence.add(new long[0]);
        perSequence.addAll(Collections.nCopies(decoderLayers, new long[] {kernel - 1, width}));
        return new DecodingState(Collections.nCopies(2, new long[] {width}), perSequence);
    }

    @Override
    public Map<String, long[]> weightShapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        shapes.put("embedding.weight", new long[] {vocabularySize, width});
        shapes.put("encoder.positions.weight", new long[] {contextLength, width});
        for (int i = 0; i < encoderLayers; i++) {
            convolution(shapes, "encoder.layers." + i);
        }
        shapes.put("decoder.positions.weight", new long[] {contextLength, width});
        for (int i = 0; i < decoderLayers; i++) {
            String layer = LAYERS + i;
            convolution(shapes, layer);
            projection(shapes, layer + ".attention.query");
            projection(shapes, layer + ".attention.out");
        }
        return shapes;
    }

    /** As torch.nn.Conv1d has it: (out, in, kernel), of which half of the outputs are gates. */
    private void convolution(Map<String, long[]> shapes, String layer) {
        shapes.put(layer + ".conv.weight", new long[] {2L * width, width, kernel});
        shapes.put(layer + ".conv.bias", new long[] {2L * width});
    }

    private void projection(Map<String, long[]> shapes, String name) {
        shapes.put(name + ".weight", new long[] {width, width});
        shapes.put(name + ".bias", new long[] {width});
    }

    /** Gates halve a variance twice, so that what feeds them begins with four times as much (section 3.5 of the paper). */
    @Override
    public double freshSpread(String name, long[] shape) {
        return shape.length == 3 ? Math.sqrt(4.0 / (shape[1] * shape[2])) : 1 / Math.sqrt((double) shape[1]);
    }

    @Override
    public WeightNames weightNames() {
        return new WeightNames("", "", List.of(), List.of());
    }

    @Override
    public int block(String name) {
        return name.startsWith(LAYERS)
                ? Integer.parseInt(name.substring(LAYERS.length()).split("\\.", -1)[0])
                : -1;
    }

    @Override
    public boolean projectionsAreTransposed() {
        return false;
    }

    @Override
    public ScriptName script() {
        return new ScriptName("conv_seq2seq", "ConvSeq2Seq");
    }

    @Override
    public Map<String, Object> scriptAttributes() {
        return Map.of("encoder_layers", encoderLayers, "decoder_layers", decoderLayers, "kernel", kernel);
    }
}
