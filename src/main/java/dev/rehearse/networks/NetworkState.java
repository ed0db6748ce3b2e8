package dev.rehearse.networks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.rehearse.networks.Device.Priority;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * What learning has made of a network, as a safetensors file: the weights that it moves and their optimiser's moments
 * and counts, to the bit. Frozen weights are not in it; they come from where the network was opened. Stateless; any
 * thread. The device copies one tensor at a time, so that serving waits for one at most.
 */
public final class NetworkState {
    private static final String MEAN = "adamw.mean.";
    private static final String SQUARE = "adamw.square.";
    private static final String STEP = "adamw.step.";

    private NetworkState() {}

    /** Writes and syncs a new file. */
    public static void write(TorchNetwork network, Path file) throws IOException {
        Device device = network.device();
        Map<String, PtNDArray> arrays = device.call(
                Priority.TRAINING,
                () -> arrays(
                        network,
                        name -> network.learning()
                                .optimiser()
                                .hasMoved(network.weights().array(name))));
        Map<String, long[]> shapes = new LinkedHashMap<>();
        arrays.forEach((name, array) -> shapes.put(name, array.getShape().getShape()));
        SafetensorsWriter.write(file, shapes, name -> {
            PtNDArray array = Objects.requireNonNull(arrays.get(name), name);
            return device.call(Priority.TRAINING, array::toFloatArray);
        });
    }

    /**
     * Puts a network that was opened as the saved one was into the state that {@link #write} saw.
     *
     * @param updates made until then: their number is in dropout's key
     * @throws InvalidModelException when the file is damaged or another network's; nothing was changed then
     */
    public static void read(TorchNetwork network, Path file, int updates) {
        Safetensors saved = Safetensors.open(file);
        Device device = network.device();
        Map<String, PtNDArray> arrays = device.call(
                Priority.TRAINING, () -> arrays(network, name -> saved.entries().containsKey(MEAN + name)));
        check(saved, arrays);
        arrays.forEach((name, array) -> {
            ByteBuffer numbers = saved.floats(name);
            device.run(Priority.TRAINING, () -> copy(network, numbers, array));
        });
        device.run(Priority.TRAINING, () -> {
            network.weights().changed();
            network.learning().resumeAfter(updates);
        });
    }

    /** @param moved the weights that have an optimiser's state */
    private static Map<String, PtNDArray> arrays(TorchNetwork network, Predicate<String> moved) {
        Map<String, PtNDArray> weights = network.weights().trainable();
        Map<String, PtNDArray> arrays = new LinkedHashMap<>(weights);
        weights.forEach((name, weight) -> {
            if (moved.test(name)) {
                AdamW.State state = network.learning().optimiser().state(weight);
                arrays.put(MEAN + name, state.mean());
                arrays.put(SQUARE + name, state.square());
                arrays.put(STEP + name, state.step());
            }
        });
        return arrays;
    }

    private static void check(Safetensors saved, Map<String, PtNDArray> arrays) {
        arrays.forEach((name, array) -> {
            long[] shape = saved.entry(name).shape();
            if (!Arrays.equals(shape, array.getShape().getShape())) {
                throw new InvalidModelException(
                        name + " was saved in shape " + Arrays.toString(shape) + "; here it is " + array.getShape());
            }
        });
        if (arrays.size() != saved.entries().size()) {
            throw new InvalidModelException(
                    saved.entries().size() + " tensors were saved; this network has " + arrays.size());
        }
    }

    private static void copy(TorchNetwork network, ByteBuffer numbers, PtNDArray into) {
        PtNDManager manager = network.device().manager();
        try (NDArray given = manager.create(numbers, into.getShape(), DataType.FLOAT32)) {
            network.learning().optimiser().copy(into, (PtNDArray) given);
        }
    }
}
