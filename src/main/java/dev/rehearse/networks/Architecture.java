package dev.rehearse.networks;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A network family with its sizes: what {@code config.json} says. Immutable; open to other families, as the tests' is.
 */
public interface Architecture {
    /** The name of the projection onto the vocabulary in {@link #projections()}. */
    String HEAD = "head";

    /** Entries of the vocabulary. */
    int vocabularySize();

    /** Most tokens of prompt and reply together. */
    int contextLength();

    /** Width D of the hidden state. */
    int width();

    int layers();

    /** How the family's script reads sequences. */
    enum Reading {
        /** In one causal pass: a state is what the tokens before it leave. */
        CAUSAL,
        /** What precedes a reply by an encoder, the reply by a decoder, as {@link Turn} says. */
        ENCODER_DECODER
    }

    default Reading reading() {
        return Reading.CAUSAL;
    }

    /** What generation keeps of a sequence. */
    DecodingState decodingState();

    /** Memory that generation needs for a sequence of this many tokens. */
    default long decodingBytes(long tokens) {
        return decodingState().bytes(tokens);
    }

    /**
     * Every weight of the language model by its Hugging Face name without the family's prefix, in the order of the file,
     * with its shape.
     */
    Map<String, long[]> weightShapes();

    /**
     * The matrix products that generation may do with weights kept in another form, by the name the script knows them
     * under; none when its script takes weights as they are stored only.
     */
    default Map<String, Projection> projections() {
        return Map.of();
    }

    /** One of them: the weight it multiplies by, and how that is stored. */
    record Projection(String weight, Order order) {
        /** Order of a matrix's sides. */
        public enum Order {
            IN_OUT,
            OUT_IN
        }
    }

    /** How the family names its weights in files. */
    WeightNames weightNames();

    /**
     * Whether a weight belongs to the last blocks or to the norm after them.
     *
     * @param blocks how many
     * @throws IllegalArgumentException when there are not so many
     */
    default boolean isAbove(String name, int blocks) {
        if (blocks > layers()) {
            throw new IllegalArgumentException("the last " + blocks + " layers; the model has " + layers());
        }
        return block(name) >= layers() - blocks;
    }

    /** The block that a weight belongs to, from 0; −1 of what is below the first, {@link #layers} of what is above the last. */
    default int block(String name) {
        String[] parts = name.split("\\.", -1);
        boolean inBlock = parts.length > 2 && parts[1].chars().allMatch(Character::isDigit);
        if (inBlock) {
            return Integer.parseInt(parts[1]);
        }
        return weightNames().lastNorm().equals(parts[0]) ? layers() : -1;
    }

    /**
     * Standard deviation of the numbers of a fresh matrix: by default GPT-2's and, in Hugging Face's implementation,
     * Llama's; projections into the residual stream have it divided by √(2·layers).
     */
    default double freshSpread(String name, long[] shape) {
        boolean intoStream = weightNames().residual().stream().anyMatch(name::endsWith);
        return intoStream ? 0.02 / Math.sqrt(2.0 * layers()) : 0.02;
    }

    /** Whether such adapters have a projection to stand beside. */
    default boolean takes(Trainable.Lora lora) {
        return !new Adapters(this, lora).shapes().isEmpty();
    }

    /** Whether projections are stored (in, out). */
    boolean projectionsAreTransposed();

    /** Script resource and class of the family. */
    ScriptName script();

    /** What the script's attributes are for these sizes. */
    Map<String, Object> scriptAttributes();

    /** The content of a Hugging Face {@code config.json}. */
    JsonObject toConfig(int endId);

    /**
     * How a family names its weights in files.
     *
     * @param prefix of every name but the vocabulary projection's, in a file of the language model
     * @param lastNorm first part of the names of the norm after the last block
     * @param residual endings of the projections that write into the residual stream
     * @param constants endings of names that files may hold beside the weights: what the network computes itself
     */
    record WeightNames(String prefix, String lastNorm, List<String> residual, List<String> constants) {}

    /** The resource's name and the class it defines. */
    record ScriptName(String resource, String type) {}

    /** The weights of the value head V(s), kept beside the language model: D → D → 1. */
    default Map<String, long[]> valueShapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        shapes.put("value.fc.weight", new long[] {width(), width()});
        shapes.put("value.fc.bias", new long[] {width()});
        shapes.put("value.out.weight", new long[] {1, width()});
        shapes.put("value.out.bias", new long[] {1});
        return shapes;
    }

    /** Numbers in the language model. */
    default long parameters() {
        long count = 0;
        for (long[] shape : weightShapes().values()) {
            long size = 1;
            for (long side : shape) {
                size *= side;
            }
            count += size;
        }
        return count;
    }

    /**
     * Reads the {@code config.json} of a model directory.
     *
     * @throws InvalidModelException when there is none, or naming the key that is missing, of the wrong type or not
     *     supported
     */
    static Architecture of(Path directory) {
        return fromConfig(ModelFiles.config(directory));
    }

    /**
     * Reads {@code config.json}.
     *
     * @throws InvalidModelException naming the key that is missing, of the wrong type or not supported
     */
    static Architecture fromConfig(JsonObject config) {
        String type = ModelConfig.string(config, "model_type");
        return switch (type) {
            case "gpt2" -> Gpt2.fromConfig(config);
            case "llama" -> Llama.fromConfig(Llama.Family.LLAMA, config);
            case "qwen2" -> Llama.fromConfig(Llama.Family.QWEN2, config);
            case LstmSeq2Seq.MODEL_TYPE -> LstmSeq2Seq.fromConfig(config);
            case ConvSeq2Seq.MODEL_TYPE -> ConvSeq2Seq.fromConfig(config);
            default ->
                throw new InvalidModelException("config.json: model_type is " + type
                        + "; allowed: gpt2, llama, qwen2, lstm_seq2seq, conv_seq2seq");
        };
    }
}
