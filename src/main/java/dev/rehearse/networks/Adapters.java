package dev.rehearse.networks;

import ai.djl.ndarray.NDArray;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.rehearse.networks.Trainable.Lora;
import dev.rehearse.networks.Trainable.Targets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * LoRA's matrices A (rank, in) and B (out, rank) beside the projections of one architecture, named after them as PEFT
 * does. Immutable; tensors on the device's thread.
 */
record Adapters(Architecture architecture, Lora lora) {
    /** Where a saved network has its adapters, in PEFT's form. */
    static final String DIRECTORY = "adapter";

    private static final String WEIGHT = ".weight";
    private static final String A = ".lora_A.weight";
    private static final String B = ".lora_B.weight";

    static boolean isOne(String name) {
        return name.endsWith(A) || name.endsWith(B);
    }

    /** Fresh adapters: A uniform within 1/√in, as PEFT has it; B zero, so that the network says what it said. */
    void add(Weights weights) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(0);
        shapes().forEach((name, shape) -> {
            float[] numbers = new float[(int) (shape[0] * shape[1])];
            if (name.endsWith(A)) {
                double bound = 1 / Math.sqrt((double) shape[1]);
                for (int i = 0; i < numbers.length; i++) {
                    numbers[i] = (float) (bound * (2 * random.nextDouble() - 1));
                }
            }
            weights.add(name, numbers, shape);
        });
    }

    /** Of every A and B by name. */
    Map<String, long[]> shapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        architecture.weightShapes().forEach((name, shape) -> {
            if (isTarget(name, shape)) {
                int in = architecture.projectionsAreTransposed() ? 0 : 1;
                shapes.put(stem(name) + A, new long[] {lora.rank(), shape[in]});
                shapes.put(stem(name) + B, new long[] {shape[1 - in], lora.rank()});
            }
        });
        return shapes;
    }

    private boolean isTarget(String name, long[] shape) {
        boolean attention = name.contains("attn.") && lora.targets() != Targets.MLP;
        boolean mlp = name.contains("mlp.") && lora.targets() != Targets.ATTENTION;
        return shape.length == 2 && (attention || mlp);
    }

    private static String stem(String name) {
        return name.substring(0, name.length() - WEIGHT.length());
    }

    /** The numbers of a weight with what its adapter adds to it. */
    float[] merged(Weights weights, String name) {
        if (!name.endsWith(WEIGHT) || !weights.names().contains(stem(name) + A)) {
            return weights.numbers(name);
        }
        try (NDArray product = weights.array(stem(name) + B).matMul(weights.array(stem(name) + A));
                NDArray placed = architecture.projectionsAreTransposed() ? product.transpose() : product.duplicate();
                NDArray scaled = placed.mul((float) lora.scale());
                NDArray sum = weights.array(name).add(scaled)) {
            return sum.toFloatArray();
        }
    }

    /** Writes the adapters alone, in PEFT's form, into a new folder of the directory. */
    void write(Function<String, float[]> numbers, StoredForm form, Path directory) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        Map<String, String> names = new LinkedHashMap<>();
        shapes().forEach((name, shape) -> {
            String ending = name.endsWith(A) ? A : B;
            String stem = name.substring(0, name.length() - ending.length());
            String stored =
                    "base_model.model." + stem(StoredForm.inLanguageModel(architecture, stem + WEIGHT)) + ending;
            shapes.put(stored, shape);
            names.put(stored, name);
        });
        try {
            Path folder = Files.createDirectory(directory.resolve(DIRECTORY));
            String config = new GsonBuilder()
                    .setPrettyPrinting()
                    .serializeNulls()
                    .disableHtmlEscaping()
                    .create()
                    .toJson(config(form));
            Files.writeString(folder.resolve("adapter_config.json"), config);
            SafetensorsWriter.write(
                    folder.resolve("adapter_model.safetensors"),
                    shapes,
                    stored -> numbers.apply(Objects.requireNonNull(names.get(stored))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private JsonObject config(StoredForm form) {
        JsonObject config = new JsonObject();
        config.addProperty("peft_type", "LORA");
        config.addProperty("task_type", "CAUSAL_LM");
        config.addProperty("base_model_name_or_path", form.source());
        config.addProperty("r", lora.rank());
        config.addProperty("lora_alpha", lora.alpha());
        config.addProperty("lora_dropout", 0.0);
        config.addProperty("bias", "none");
        config.addProperty("fan_in_fan_out", architecture.projectionsAreTransposed());
        config.addProperty("inference_mode", true);
        config.add("modules_to_save", JsonNull.INSTANCE);
        Set<String> modules = new TreeSet<>();
        shapes().keySet().stream()
                .filter(name -> name.endsWith(A))
                .forEach(name ->
                        modules.add(name.replaceFirst("^\\w+\\.\\d+\\.", "").replace(A, "")));
        JsonArray targets = new JsonArray();
        modules.forEach(targets::add);
        config.add("target_modules", targets);
        return config;
    }
}
