package dev.rehearse.networks;

import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import dev.rehearse.networks.Architecture.Projection;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A network's weights as generation reads them at each token: cast and laid out for the device's matrix kernels once
 * instead of at each call, as one dict that calls share. To be made anew when the weights have changed.
 *
 * <p>On a processor large ones are in oneDNN's own blocks; its kernels depend on the processor's instructions only, where
 * libtorch's default library for f32 products takes slower ways on some vendors' processors. Of small ones setting
 * up such a kernel takes longer than the product: they stay plain, and f32. Confined to the device's thread, or a
 * lane while that waits.
 */
final class ResidentWeights implements AutoCloseable {
    /** The int8 kernel reads this many inputs at once; of fewer it makes nonsense. */
    private static final int INT8_BLOCK = 32;

    /** Numbers of the smallest weight in blocks; of fewer, plain is the faster on every processor that was tried. */
    private static final int LARGE = 50_000;

    private final PtNDManager manager;
    private final Map<String, PtNDArray> arrays = new LinkedHashMap<>();
    private final WeightType type;
    private final ComputeType narrow;
    private final boolean cpu;
    private final IValue dict;

    /** @throws IllegalArgumentException when the device does not support the type */
    ResidentWeights(Device device, Architecture architecture, Weights weights, WeightType type) {
        if (!device.supports(type)) {
            throw new IllegalArgumentException("generation cannot keep weights in " + type + " on this device");
        }
        this.type = type;
        narrow = device.narrowest();
        cpu = device.isCpu();
        manager = (PtNDManager) device.manager().newSubManager();
        try (Script packing = device.scripts().open("packing", "Packing", Map.of())) {
            weights.forEach(arrays::put);
            architecture.projections().forEach((name, projection) -> add(packing, name, projection));
        }
        dict = IValue.stringMapFrom(arrays);
    }

    /** All weights by name; those of projections in their resident form. */
    IValue dict() {
        return dict;
    }

    private void add(Script packing, String name, Projection projection) {
        PtNDArray stored = stored(projection.weight());
        boolean inOut = projection.order() == Projection.Order.IN_OUT;
        if (cpu && stored.getShape().size() < LARGE) {
            arrays.put(name + ".weight", laidOut(packing, "plain", stored, inOut, ComputeType.F32));
            return;
        }
        // Sums come out in the type of the product: in bf16, logits near 100 would be 0.5 apart.
        ComputeType product = type == WeightType.F32 || name.equals(Architecture.HEAD) ? ComputeType.F32 : narrow;
        PtNDArray whole = laidOut(packing, cpu ? "blocks" : "plain", stored, inOut, product);
        if (type == WeightType.INT8 && stored.getShape().get(inOut ? 0 : 1) % INT8_BLOCK == 0) {
            int8(packing, name, stored, inOut);
            arrays.put(name + ".rows", whole);
        } else {
            arrays.put(name + ".weight", whole);
        }
        if (type != WeightType.F32 && narrow == ComputeType.BF16 && arrays.containsKey(name + ".bias")) {
            arrays.put(name + ".bias", laidOut(packing, "plain", stored(name + ".bias"), false, ComputeType.BF16));
        }
    }

    private PtNDArray stored(String name) {
        PtNDArray array = arrays.get(name);
        if (array == null || array.getDataType() != DataType.FLOAT32) {
            throw new IllegalArgumentException("there is no f32 weight " + name + "; present: " + arrays.keySet());
        }
        return array;
    }

    private PtNDArray laidOut(Script packing, String form, PtNDArray stored, boolean inOut, ComputeType as) {
        try (IValue weight = IValue.from(stored);
                IValue order = IValue.from(inOut);
                IValue number = IValue.from((long) as.scalarType());
                IValue packed = packing.infer(form, weight, order, number)) {
            return (PtNDArray) packed.toTensor(manager);
        }
    }

    private void int8(Script packing, String name, PtNDArray stored, boolean inOut) {
        try (IValue weight = IValue.from(stored);
                IValue order = IValue.from(inOut);
                IValue packed = packing.infer("int8", weight, order)) {
            PtNDArray[] parts = packed.toTensorArray(manager);
            arrays.put(name + ".weight", parts[0]);
            arrays.put(name + ".scale", parts[1]);
        }
    }

    @Override
    public void close() {
        dict.close();
        manager.close();
    }
}
