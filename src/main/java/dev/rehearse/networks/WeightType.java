package dev.rehearse.networks;

/**
 * The number type in which generation keeps the weights of matrix products; norms, embeddings and caches stay f32, and
 * on a processor small weights ({@link ResidentWeights}).
 */
public enum WeightType {
    /** As trained. */
    F32,
    /** Half the memory traffic in all layers; the projection onto the vocabulary stays f32. */
    BF16,
    /**
     * For up to four rows at once int8 with a scale per output; more rows go through the weights of BF16 beside it, or of
     * F32 where the processor has no instructions for bf16.
     */
    INT8;

    /** Memory that one weight takes on the device, at most, beside its stored form. */
    public int bytes(Device device) {
        return switch (this) {
            case F32 -> device.isCpu() ? 4 : 0;
            case BF16 -> 2;
            case INT8 -> 1 + (device.supports(BF16) ? BF16 : F32).bytes(device);
        };
    }

    static WeightType of(ComputeType type) {
        return switch (type) {
            case F32 -> F32;
            case BF16 -> BF16;
        };
    }
}
