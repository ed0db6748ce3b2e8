package dev.rehearse.networks;

/**
 * How a network computes, as opposed to what it is.
 *
 * @param dropout share of activations set to zero while learning; 0 in reinforcement
 * @param trunk whether V's loss also moves the hidden states it reads
 */
public record NetworkOptions(ComputeType computeType, double dropout, ValueTrunk trunk) {
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

    /** f32 and no dropout: what serving and reference checks use. */
    public static NetworkOptions exact() {
        return new NetworkOptions(ComputeType.F32, 0, ValueTrunk.SHARED);
    }
}
