package dev.rehearse.networks;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import java.util.Map;

/** Keys and values of every layer for S slots of C tokens, (S, C, G, W) each (G heads of keys of width W), f32. Confined to the device's thread. */
final class KeyValueCache implements AutoCloseable {
    private final PtNDManager manager;
    private final IValue list;
    private final Script script;

    KeyValueCache(PtNDManager parent, Architecture architecture, int slots, int capacity) {
        manager = (PtNDManager) parent.newSubManager();
        PtNDArray[] arrays = new PtNDArray[2 * architecture.layers()];
        Shape shape = new Shape(slots, capacity, architecture.keyValueHeads(), architecture.headWidth());
        for (int i = 0; i < arrays.length; i++) {
            arrays[i] = (PtNDArray) manager.zeros(shape, DataType.FLOAT32);
        }
        list = IValue.listFrom(arrays);
        script = Script.load(manager, "keyvalue", "KeyValue", Map.of());
    }

    IValue list() {
        return list;
    }

    void copy(int from, int to, int length) {
        try (IValue origin = IValue.from((long) from);
                IValue target = IValue.from((long) to);
                IValue tokens = IValue.from((long) length)) {
            script.infer("copy", list, origin, target, tokens).close();
        }
    }

    @Override
    public void close() {
        script.close();
        list.close();
        manager.close();
    }
}
