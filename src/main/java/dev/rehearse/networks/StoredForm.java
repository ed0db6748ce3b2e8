package dev.rehearse.networks;

import com.google.gson.JsonObject;
import dev.rehearse.networks.Safetensors.Type;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a network's files are like: the names and number types of its tensors, and its {@code config.json}. A network
 * that was loaded is saved in the form it had. Immutable; the configuration must not be changed.
 *
 * @param tensors by the weight's name in the network
 * @param config null for a fresh network
 * @param source name of the directory it was read from; null for a fresh network
 */
record StoredForm(
        Map<String, Tensor> tensors,
        @Nullable JsonObject config,
        @Nullable String source) {
    private static final List<String> TYPE_KEYS = List.of("torch_dtype", "dtype");
    private static final String PROJECTION = "lm_head.weight";

    /** The name in the file. */
    record Tensor(String name, Type type) {}

    /** A language model's file with its prefix, in f32. */
    static StoredForm fresh(Architecture architecture) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        architecture
                .weightShapes()
                .keySet()
                .forEach(name -> tensors.put(name, new Tensor(inLanguageModel(architecture, name), Type.F32)));
        return new StoredForm(tensors, null, null);
    }

    /** What a file of the language model calls a weight. */
    static String inLanguageModel(Architecture architecture, String name) {
        return name.equals(PROJECTION) ? name : architecture.weightNames().prefix() + name;
    }

    /**
     * The form of files that hold what the architecture needs and nothing unknown.
     *
     * @throws InvalidModelException naming what is missing, has another shape or type, or is not known
     */
    static StoredForm of(Architecture architecture, TensorFiles files, JsonObject config, String source) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        architecture.weightShapes().forEach((name, shape) -> {
            // A file written from the bare model lacks the prefix that one of the language model has.
            String full = inLanguageModel(architecture, name);
            String stored = files.names().contains(full) ? full : name;
            tensors.put(name, new Tensor(stored, checked(files, stored, shape)));
        });
        refuseUnknown(architecture, files, tensors);
        return new StoredForm(tensors, config, source);
    }

    /** The tensor's type, once it is known to be there in this shape. */
    static Type checked(TensorFiles files, String name, long[] shape) {
        if (!files.names().contains(name)) {
            throw new InvalidModelException(name + " is missing; config.json implies shape " + Arrays.toString(shape));
        }
        Safetensors.Entry entry = files.entry(name);
        if (!Arrays.equals(entry.shape(), shape)) {
            throw new InvalidModelException(name + " has shape " + Arrays.toString(entry.shape())
                    + "; config.json implies " + Arrays.toString(shape));
        }
        if (!entry.type().isReadable()) {
            throw new InvalidModelException(name + ": dtype is " + entry.type() + "; allowed: F32, F16, BF16");
        }
        if (entry.count() > Safetensors.MOST_NUMBERS) {
            throw new InvalidModelException(
                    name + ": " + entry.count() + " numbers; allowed: up to " + Safetensors.MOST_NUMBERS);
        }
        return entry.type();
    }

    /** A tensor that would be left out changes what the network says: the configuration is not the file's. */
    private static void refuseUnknown(Architecture architecture, TensorFiles files, Map<String, Tensor> known) {
        Set<String> names = known.values().stream().map(Tensor::name).collect(Collectors.toSet());
        for (String name : files.names()) {
            boolean constant = architecture.weightNames().constants().stream().anyMatch(name::endsWith);
            if (!names.contains(name) && !constant && !name.equals(PROJECTION)) {
                throw new InvalidModelException(name + " is in the file, but config.json implies no such tensor");
            }
        }
    }

    /** The type to save a weight in: that of its file while it holds every number, f32 after training changed them. */
    Type typeFor(String name, Function<String, float[]> numbers) {
        Type type = tensor(name).type();
        return type == Type.F32 || holdsAll(type, numbers.apply(name)) ? type : Type.F32;
    }

    private static boolean holdsAll(Type type, float[] numbers) {
        for (float number : numbers) {
            if (!type.holds(number)) {
                return false;
            }
        }
        return true;
    }

    Tensor tensor(String name) {
        return Objects.requireNonNull(tensors.get(name), name);
    }

    /** The content of {@code config.json} for these weights. */
    JsonObject config(Architecture architecture, int endId, Function<String, float[]> numbers) {
        JsonObject given = config;
        if (given == null) {
            return architecture.toConfig(endId);
        }
        JsonObject written = given.deepCopy();
        boolean widened = tensors.keySet().stream()
                .anyMatch(name -> typeFor(name, numbers) != tensor(name).type());
        if (widened) {
            // Readers would round to the type that stands here.
            TYPE_KEYS.stream().filter(written::has).forEach(key -> written.addProperty(key, "float32"));
        }
        return written;
    }
}
