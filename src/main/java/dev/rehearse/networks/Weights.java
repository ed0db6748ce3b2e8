package dev.rehearse.networks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Named f32 tensors with one owner. Confined to the device's thread. */
final class Weights implements AutoCloseable {
    private final PtNDManager manager;
    private final Map<String, PtNDArray> arrays = new LinkedHashMap<>();
    private @Nullable IValue dict;
    private long version;

    Weights(PtNDManager parent) {
        manager = (PtNDManager) parent.newSubManager();
    }

    /** Adds a tensor of native-order f32 numbers; they are copied. */
    void add(String name, ByteBuffer floats, long[] shape) {
        try (NDArray view = manager.create(floats, new Shape(shape), DataType.FLOAT32)) {
            put(name, (PtNDArray) view.duplicate());
        }
    }

    /** Adds a tensor of numbers. */
    void add(String name, float[] numbers, long[] shape) {
        try (NDArray view = manager.create(numbers, new Shape(shape))) {
            put(name, (PtNDArray) view.duplicate());
        }
    }

    private void put(String name, PtNDArray array) {
        array.setName("w." + name);
        arrays.put(name, array);
    }

    Weights copy(PtNDManager parent) {
        return copy(parent, name -> true);
    }

    /** A copy of the tensors whose names fit. */
    Weights copy(PtNDManager parent, Predicate<String> names) {
        Weights copy = new Weights(parent);
        arrays.forEach((name, array) -> {
            if (names.test(name)) {
                PtNDArray duplicate = (PtNDArray) array.duplicate();
                duplicate.attach(copy.manager);
                copy.put(name, duplicate);
            }
        });
        return copy;
    }

    float[] numbers(String name) {
        return array(name).toFloatArray();
    }

    private PtNDArray array(String name) {
        PtNDArray array = arrays.get(name);
        if (array == null) {
            throw new IllegalArgumentException("there is no weight " + name + "; present: " + arrays.keySet());
        }
        return array;
    }

    /** Replaces the numbers in place; arithmetic, because DJL's own setter prints a warning of libtorch's. */
    void set(String name, float[] numbers) {
        PtNDArray array = array(name);
        try (NDArray given = manager.create(numbers, array.getShape())) {
            array.subi(array).addi(given);
        }
        changed();
    }

    /** Says that numbers were changed in place. */
    void changed() {
        version++;
    }

    /** Another number after each change. */
    long version() {
        return version;
    }

    void forEach(BiConsumer<String, PtNDArray> action) {
        arrays.forEach(action);
    }

    /** The tensors whose names fit, in order. */
    List<PtNDArray> select(Predicate<String> names) {
        List<PtNDArray> selected = new ArrayList<>();
        arrays.forEach((name, array) -> {
            if (names.test(name)) {
                selected.add(array);
            }
        });
        return selected;
    }

    Collection<String> names() {
        return arrays.keySet();
    }

    /** All tensors as the argument {@code w} of a call that learns. */
    NDList arguments() {
        NDList list = new NDList(arrays.size() + 8);
        list.addAll(arrays.values());
        return list;
    }

    /** All tensors as a dict, made once: rebuilding it for each decoded token would cost a millisecond. */
    IValue dict() {
        IValue kept = dict;
        if (kept == null) {
            kept = IValue.stringMapFrom(arrays);
            dict = kept;
        }
        return kept;
    }

    static IValue list(List<PtNDArray> arrays) {
        return IValue.listFrom(arrays.toArray(PtNDArray[]::new));
    }

    @Override
    public void close() {
        IValue kept = dict;
        if (kept != null) {
            kept.close();
        }
        manager.close();
    }
}
