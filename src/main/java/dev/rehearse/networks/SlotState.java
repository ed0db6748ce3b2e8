package dev.rehearse.networks;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a network keeps of the sequences in S slots of C tokens: the tensors of {@link DecodingState}, (S, C, …) and then
 * (S, …), f32. Confined to the device's thread, or a lane while that waits.
 */
final class SlotState implements AutoCloseable {
    private final PtNDManager manager;
    private final IValue list;
    private final int growing;
    private final Script script;

    SlotState(Device device, Architecture architecture, int slots, int capacity) {
        manager = (PtNDManager) device.manager().newSubManager();
        DecodingState kept = architecture.decodingState();
        growing = kept.perToken().size();
        List<PtNDArray> arrays = new ArrayList<>();
        kept.perToken().forEach(sides -> arrays.add(zeros(new Shape(slots, capacity).addAll(new Shape(sides)))));
        kept.perSequence().forEach(sides -> arrays.add(zeros(new Shape(slots).addAll(new Shape(sides)))));
        list = Weights.list(arrays);
        script = device.scripts().open("slots", "Slots", Map.of());
    }

    private PtNDArray zeros(Shape shape) {
        return (PtNDArray) manager.zeros(shape, DataType.FLOAT32);
    }

    IValue list() {
        return list;
    }

    void copy(int from, int to, int length) {
        try (IValue rows = IValue.from((long) growing);
                IValue origin = IValue.from((long) from);
                IValue target = IValue.from((long) to);
                IValue tokens = IValue.from((long) length)) {
            script.infer("copy", list, rows, origin, target, tokens).close();
        }
    }

    @Override
    public void close() {
        script.close();
        list.close();
        manager.close();
    }
}
