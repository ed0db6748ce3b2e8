package dev.rehearse.networks;

import java.util.Arrays;
import java.util.Optional;

/** Named shapes for fresh networks. Immutable. */
public enum Blueprint {
    GPT2_TINY("gpt2-tiny", 512, 192, 4, 4),
    GPT2_SMALL("gpt2-small", 1024, 768, 12, 12);

    private final String id;
    private final int contextLength;
    private final int width;
    private final int layers;
    private final int heads;

    Blueprint(String id, int contextLength, int width, int layers, int heads) {
        this.id = id;
        this.contextLength = contextLength;
        this.width = width;
        this.layers = layers;
        this.heads = heads;
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
        return Gpt2.of(vocabularySize, contextLength, width, layers, heads);
    }
}
