package dev.rehearse.networks;

import ai.djl.pytorch.engine.PtNDManager;
import com.google.gson.JsonObject;
import dev.rehearse.networks.SafetensorsWriter.Form;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/**
 * The files of a Hugging Face model directory, checked but not yet read. Immutable; tensors on the device's thread.
 *
 * @param valueHead null where there is none: V then starts at 0
 */
record ModelFiles(
        Architecture architecture,
        StoredForm form,
        TensorFiles tensors,
        @Nullable TensorFiles valueHead) {
    private static final String VALUE_HEAD = "value_head.safetensors";
    /** Standard deviation of fresh weights: GPT-2's, and Llama's in Hugging Face's implementation. */
    private static final double SPREAD = 0.02;

    static JsonObject config(Path directory) {
        return ModelConfig.read(directory.resolve("config.json"));
    }

    /**
     * Checks every file of a directory before anything is allocated for it.
     *
     * @throws InvalidModelException when a file is missing, damaged, or does not hold what {@code config.json} implies
     */
    static ModelFiles open(Path directory) {
        JsonObject config = config(directory);
        Architecture architecture = Architecture.fromConfig(config);
        TensorFiles tensors = TensorFiles.open(directory);
        StoredForm form = StoredForm.of(architecture, tensors, config, String.valueOf(directory.getFileName()));
        Path value = directory.resolve(VALUE_HEAD);
        if (!Files.exists(value)) {
            return new ModelFiles(architecture, form, tensors, null);
        }
        TensorFiles valueHead = TensorFiles.of(value);
        architecture.valueShapes().forEach((name, shape) -> StoredForm.checked(valueHead, name, shape));
        return new ModelFiles(architecture, form, tensors, valueHead);
    }

    Weights read(PtNDManager manager) {
        Weights weights = new Weights(manager);
        try {
            architecture
                    .weightShapes()
                    .forEach((name, shape) ->
                            weights.add(name, tensors.floats(form.tensor(name).name()), shape));
            TensorFiles head = valueHead;
            if (head == null) {
                addFreshValueHead(weights, architecture, random(0));
            } else {
                architecture.valueShapes().forEach((name, shape) -> weights.add(name, head.floats(name), shape));
            }
            return weights;
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    /** GPT-2's initialisation: N(0, 0.02²), projections into the residual stream divided by √(2·layers). */
    static Weights initialise(PtNDManager manager, Architecture architecture, long seed) {
        RandomGenerator random = random(seed);
        Weights weights = new Weights(manager);
        double residual = SPREAD / Math.sqrt(2.0 * architecture.layers());
        architecture.weightShapes().forEach((name, shape) -> {
            float[] numbers = new float[size(shape)];
            if (name.endsWith(".weight") && shape.length == 1) {
                Arrays.fill(numbers, 1f); // of a norm
            } else if (name.endsWith(".weight")) {
                boolean intoStream =
                        architecture.weightNames().residual().stream().anyMatch(name::endsWith);
                fill(numbers, random, intoStream ? residual : SPREAD);
            }
            weights.add(name, numbers, shape);
        });
        addFreshValueHead(weights, architecture, random);
        return weights;
    }

    private static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    private static void addFreshValueHead(Weights weights, Architecture architecture, RandomGenerator random) {
        architecture.valueShapes().forEach((name, shape) -> {
            float[] numbers = new float[size(shape)];
            if (name.equals("value.fc.weight")) {
                fill(numbers, random, 1 / Math.sqrt(architecture.width()));
            }
            weights.add(name, numbers, shape);
        });
    }

    private static void fill(float[] numbers, RandomGenerator random, double spread) {
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) (spread * random.nextGaussian());
        }
    }

    private static int size(long[] shape) {
        long size = 1;
        for (long side : shape) {
            size *= side;
        }
        return Math.toIntExact(size);
    }

    /**
     * Writes weights into an existing directory in the form that they were read in.
     *
     * @param numbers of a weight of the language model, by its name in the network
     */
    static void write(
            Architecture architecture,
            StoredForm form,
            Function<String, float[]> numbers,
            Weights value,
            Path directory) {
        Map<String, Form> forms = new LinkedHashMap<>();
        Map<String, String> names = new LinkedHashMap<>();
        architecture.weightShapes().forEach((name, shape) -> {
            String stored = form.tensor(name).name();
            forms.put(stored, new Form(form.typeFor(name, numbers), shape));
            names.put(stored, name);
        });
        try {
            SafetensorsWriter.writeForms(
                    directory.resolve(TensorFiles.SINGLE),
                    forms,
                    stored -> numbers.apply(Objects.requireNonNull(names.get(stored))));
            SafetensorsWriter.write(directory.resolve(VALUE_HEAD), architecture.valueShapes(), value::numbers);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
