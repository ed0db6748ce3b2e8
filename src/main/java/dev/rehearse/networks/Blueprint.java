package dev.rehearse.networks;

import java.util.Arrays;
import java.util.Optional;

/** Named shapes for fresh networks. Immutable. */
public enum Blueprint {
    GPT2_TINY("gpt2-tiny", 512, (vocabulary, context) -> Gpt2.of(vocabulary, context, 192, 4, 4)),
    GPT2_SMALL("gpt2-small", 1024, (vocabulary, context) -> Gpt2.of(vocabulary, context, 768, 12, 12)),
    LLAMA_TINY("llama-tiny", 512, (vocabulary, context) -> Llama.of(vocabulary, context, 192, 4, 6, 2)),
    LSTM_SEQ2SEQ("lstm-seq2seq", 512, (vocabulary, context) -> new LstmSeq2Seq(vocabulary, context, 240, 2, true)),
    CONV_SEQ2SEQ("conv-seq2seq", 512, (vocabulary, context) -> new ConvSeq2Seq(vocabulary, context, 176, 4, 4, 3));

    private final String id;
    private final int contextLength;
    private final Shape shape;

    Blueprint(String id, int contextLength, Shape shape) {
        this.id = id;
        this.contextLength = contextLength;
        this.shape = shape;
    }

    /** The sizes that do not depend on the data. */
    private interface Shape {
        Architecture of(int vocabularySize, int contextLength);
    }

    public static Optional<Blueprint> named(String id) {
        return Arrays.stream(values())
                .filter(blueprint -> blueprint.id.equals(id))
                .findFirst();
    }

    /** What clients call it. */
    public String id() {
        return id;
    }

    public int contextLength() {
        return contextLength;
    }

    /** The shape for a vocabulary. */
    public Architecture architecture(int vocabularySize) {
        return shape.of(vocabularySize, contextLength);
    }

    /** Numbers in the network without the vocabulary's embedding, whose size the training data decide. */
    public long parameters() {
        Architecture smallest = architecture(1);
        return smallest.parameters() - smallest.width();
    }
}
