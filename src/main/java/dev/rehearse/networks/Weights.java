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
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Named f32 tensors with one owner, except for those that are frozen: copies share them, and the last to close frees
 * them. Confined to the device's thread; lanes read them while that waits.
 */
final class Weights implements AutoCloseable {
    private final PtNDManager manager;
    private final Map<String, PtNDArray> arrays = new LinkedHashMap<>();
    private @Nullable Frozen frozen;
    private @Nullable IValue dict;
    private long version;

    Weights(PtNDManager parent) {
        manager = (PtNDManager) parent.newSubManager();
    }

    /** Tensors that nobody changes any more, and how many networks read them. */
    private static final class Frozen {
        private final PtNDManager manager;
        private final Set<String> names;
        private int users = 1;

        Frozen(PtNDManager manager, Set<String> names) {
            this.manager = manager;
            this.names = names;
        }
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

    /** From now on these tensors are never changed; copies made later share them. At most once. */
    void freeze(Predicate<String> names) {
        if (frozen != null) {
            throw new IllegalStateException("some weights are frozen already");
        }
        Set<String> chosen = arrays.keySet().stream().filter(names).collect(Collectors.toSet());
        PtNDManager shared = (PtNDManager) manager.getParentManager().newSubManager();
        chosen.forEach(name -> array(name).attach(shared));
        frozen = new Frozen(shared, chosen);
    }

    Weights copy(PtNDManager parent) {
        return copy(parent, name -> true);
    }

    /** A copy of the tensors whose names fit. */
    Weights copy(PtNDManager parent, Predicate<String> names) {
        return derived(parent, names, NDArray::duplicate);
    }

    /** The very same numbers, and where they are not frozen tensors that collect gradients of their own. */
    Weights alias(PtNDManager parent) {
        return derived(parent, name -> true, NDArray::stopGradient);
    }

    private Weights derived(PtNDManager parent, Predicate<String> names, UnaryOperator<NDArray> unfrozen) {
        Weights derived = new Weights(parent);
        Frozen shared = frozen;
        if (shared != null) {
            shared.users++;
            derived.frozen = shared;
        }
        arrays.forEach((name, array) -> {
            if (!names.test(name)) {
                return;
            }
            if (isFrozen(name)) {
                derived.arrays.put(name, array);
            } else {
                PtNDArray own = (PtNDArray) unfrozen.apply(array);
                own.attach(derived.manager);
                derived.put(name, own);
            }
        });
        return derived;
    }

    private boolean isFrozen(String name) {
        return frozen != null && frozen.names.contains(name);
    }

    /** Whether both read the very same frozen tensors, or neither has any. */
    boolean sharesFrozenWith(Weights other) {
        return frozen == other.frozen;
    }

    float[] numbers(String name) {
        return array(name).toFloatArray();
    }

    PtNDArray array(String name) {
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

    /** The tensors that learning moves whose names fit, in order. */
    List<PtNDArray> trainable(Predicate<String> names) {
        return select(name -> !isFrozen(name) && names.test(name));
    }

    /** The tensors that learning moves, by name, in order. */
    Map<String, PtNDArray> trainable() {
        Map<String, PtNDArray> moved = new LinkedHashMap<>(arrays);
        moved.keySet().removeIf(this::isFrozen);
        return moved;
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
        Frozen shared = frozen;
        if (shared != null && --shared.users == 0) {
            shared.manager.close();
        }
    }
}
