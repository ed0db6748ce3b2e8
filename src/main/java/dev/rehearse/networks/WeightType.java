package dev.rehearse.networks;

/** The number type in which generation keeps the weights of matrix products; norms, embeddings and caches stay f32. */
public enum WeightType {
    /** As trained. */
    F32(4),
    /** Half the memory traffic in all layers; the projection onto the vocabulary stays f32. */
    BF16(2),
    /** For up to four rows at once int8 with a scale per output; more rows go through the weights of BF16 beside it. */
    INT8(3);

    private final int bytes;

    WeightType(int bytes) {
        this.bytes = bytes;
    }

    /** Memory that one weight takes. */
    public int bytes() {
        return bytes;
    }

    static WeightType of(ComputeType type) {
        return switch (type) {
            case F32 -> F32;
            case BF16 -> BF16;
        };
    }
}
