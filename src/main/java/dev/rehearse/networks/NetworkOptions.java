package dev.rehearse.networks;

/**
 * How a network computes, as opposed to what it is.
 *
 * @param dropout share of activations set to zero while learning; 0 in reinforcement
 * @param trunk whether V's loss also moves the hidden states it reads
 * @param trainable what learning moves
 */
public record NetworkOptions(ComputeType computeType, double dropout, ValueTrunk trunk, Trainable trainable) {
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

    /** Learning moves everything. */
    public NetworkOptions(ComputeType computeType, double dropout, ValueTrunk trunk) {
        this(computeType, dropout, trunk, new Trainable.All());
    }

    NetworkOptions with(Trainable other) {
        return new NetworkOptions(computeType, dropout, trunk, other);
    }

    /** What the adapters add is multiplied by this; 0 where there are none. */
    double adapterScale() {
        return trainable instanceof Trainable.Lora lora ? lora.scale() : 0;
    }

    /** f32 and no dropout: what serving and reference checks use. */
    public static NetworkOptions exact() {
        return new NetworkOptions(ComputeType.F32, 0, ValueTrunk.SHARED);
    }
}
