package dev.rehearse.networks;

/**
 * How a network computes, as opposed to what it is.
 *
 * @param dropout share of activations set to zero while learning; 0 in reinforcement
 * @param trunk whether V's loss also moves the hidden states it reads
 * @param trainable what learning moves
 * @param generationWeights what generation keeps the weights of matrix products in
 */
public record NetworkOptions(
        ComputeType computeType, double dropout, ValueTrunk trunk, Trainable trainable, WeightType generationWeights) {
    /** What V's gradient reaches. */
    public enum ValueTrunk {
        SHARED,
        STOPPED
    }

    public NetworkOptions {
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("dropout is " + dropout + "; allowed: 0 to below 1");
        }
    }

    /** Generation in the type that learning computes in. */
    public NetworkOptions(ComputeType computeType, double dropout, ValueTrunk trunk, Trainable trainable) {
        this(computeType, dropout, trunk, trainable, WeightType.of(computeType));
    }

    /** Learning moves everything. */
    public NetworkOptions(ComputeType computeType, double dropout, ValueTrunk trunk) {
        this(computeType, dropout, trunk, new Trainable.All());
    }

    NetworkOptions with(Trainable other) {
        return new NetworkOptions(computeType, dropout, trunk, other, generationWeights);
    }

    /** What the adapters add is multiplied by this; 0 where there are none. */
    double adapterScale() {
        return trainable instanceof Trainable.Lora lora ? lora.scale() : 0;
    }

    /** f32 and no dropout: what reference checks use. */
    public static NetworkOptions exact() {
        return new NetworkOptions(ComputeType.F32, 0, ValueTrunk.SHARED);
    }

    /** For a network that only generates, on this device. */
    public static NetworkOptions serving(Device device, WeightType weights) {
        ComputeType computeType = weights == WeightType.F32 ? ComputeType.F32 : device.narrowest();
        return new NetworkOptions(computeType, 0, ValueTrunk.SHARED, new Trainable.All(), weights);
    }
}
