package dev.rehearse.networks;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The tensors of a model directory: {@code model.safetensors}, or several files that {@code model.safetensors.index.json}
 * lists. Immutable.
 */
final class TensorFiles {
    static final String SINGLE = "model.safetensors";
    static final String INDEX = "model.safetensors.index.json";

    private final Map<String, Safetensors> byName;

    private TensorFiles(Map<String, Safetensors> byName) {
        this.byName = byName;
    }

    /** @throws InvalidModelException naming the file that is missing or damaged, or the tensor that is not where it should be */
    static TensorFiles open(Path directory) {
        Path index = directory.resolve(INDEX);
        boolean sharded = Files.exists(index) && !Files.exists(directory.resolve(SINGLE));
        return sharded ? sharded(directory, ModelConfig.read(index)) : of(directory.resolve(SINGLE));
    }

    static TensorFiles of(Path file) {
        Safetensors opened = Safetensors.open(file);
        Map<String, Safetensors> byName = new LinkedHashMap<>();
        opened.entries().keySet().forEach(name -> byName.put(name, opened));
        return new TensorFiles(byName);
    }

    private static TensorFiles sharded(Path directory, JsonObject index) {
        if (!(index.get("weight_map") instanceof JsonObject places)) {
            throw new InvalidModelException(INDEX + ": weight_map is no object");
        }
        Map<String, Safetensors> files = new HashMap<>();
        Map<String, Safetensors> byName = new LinkedHashMap<>();
        for (Map.Entry<String, JsonElement> place : places.entrySet()) {
            String name = place.getKey();
            String file = ModelConfig.string(INDEX, places, name);
            if (!file.matches("[A-Za-z0-9][A-Za-z0-9._-]*\\.safetensors")) {
                throw new InvalidModelException(INDEX + ": " + name + " is in " + file
                        + "; allowed: a .safetensors file of the same directory");
            }
            Safetensors opened = files.computeIfAbsent(file, absent -> Safetensors.open(directory.resolve(absent)));
            if (!opened.entries().containsKey(name)) {
                throw new InvalidModelException(name + " is missing in " + file + ", where " + INDEX + " has it");
            }
            byName.put(name, opened);
        }
        return new TensorFiles(byName);
    }

    Set<String> names() {
        return byName.keySet();
    }

    Safetensors.Entry entry(String name) {
        return file(name).entry(name);
    }

    /** The numbers of one tensor as f32 in a direct buffer of its own. */
    ByteBuffer floats(String name) {
        return file(name).floats(name);
    }

    private Safetensors file(String name) {
        Safetensors file = byName.get(name);
        if (file == null) {
            throw new InvalidModelException(name + " is missing");
        }
        return file;
    }
}
