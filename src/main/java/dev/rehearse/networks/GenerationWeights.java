package dev.rehearse.networks;

import ai.djl.pytorch.jni.IValue;
import org.jspecify.annotations.Nullable;

/**
 * A network's weights for calls that generate: in their resident form, made at the first use after a change.
 * Confined to the device's thread, or a lane while that waits.
 */
final class GenerationWeights implements AutoCloseable {
    private final Device device;
    private final Architecture architecture;
    private final Weights weights;
    private final @Nullable WeightType type;
    private @Nullable ResidentWeights resident;
    private long residentVersion;

    /** @param type null where calls read the weights as they are stored */
    GenerationWeights(Device device, Architecture architecture, Weights weights, @Nullable WeightType type) {
        this.device = device;
        this.architecture = architecture;
        this.weights = weights;
        this.type = type;
    }

    IValue dict() {
        if (type == null) {
            return weights.dict();
        }
        ResidentWeights kept = resident;
        if (kept == null || residentVersion != weights.version()) {
            close();
            kept = new ResidentWeights(device, architecture, weights, type);
            resident = kept;
            residentVersion = weights.version();
        }
        return kept.dict();
    }

    /** Frees the resident form; the weights themselves are their owner's. */
    @Override
    public void close() {
        ResidentWeights stale = resident;
        resident = null;
        if (stale != null) {
            stale.close();
        }
    }
}
