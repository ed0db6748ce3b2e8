package dev.rehearse.networks;

import ai.djl.pytorch.engine.PtNDManager;
import com.google.gson.JsonObject;
import dev.rehearse.networks.SafetensorsWriter.Form;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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
 * @param heads which heads there are, V alone where no file says otherwise
 * @param headTensors null where there are none: fresh heads then say 0
 */
record ModelFiles(
        Architecture architecture,
        StoredForm form,
        TensorFiles tensors,
        Heads heads,
        @Nullable TensorFiles headTensors) {
    private static final String HEADS = "value_head.json";
    private static final String HEAD_TENSORS = "value_head.safetensors";

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
        Heads heads = heads(directory);
        Path file = directory.resolve(HEAD_TENSORS);
        if (!Files.exists(file)) {
            return new ModelFiles(architecture, form, tensors, heads, null);
        }
        TensorFiles headTensors = TensorFiles.of(file);
        heads.shapes(architecture).forEach((name, shape) -> StoredForm.checked(headTensors, name, shape));
        return new ModelFiles(architecture, form, tensors, heads, headTensors);
    }

    /**
     * Which heads a directory has: V alone where {@code value_head.json} is absent.
     *
     * @throws InvalidModelException when the file is not what it should be
     */
    static Heads heads(Path directory) {
        Path file = directory.resolve(HEADS);
        if (!Files.exists(file)) {
            return Heads.valueOnly();
        }
        try {
            JsonObject json = ModelConfig.read(file);
            String kind = json.get("kind").getAsString();
            return new Heads(
                    Heads.Kind.labelled(kind).orElseThrow(() -> new IllegalArgumentException("kind is " + kind)),
                    json.get("decode_beta").getAsDouble(),
                    json.get("support_mask").getAsDouble());
        } catch (RuntimeException e) {
            throw new InvalidModelException(file + ": not a description of value heads: " + e.getMessage(), e);
        }
    }

    /** Reads on the caller's thread; each tensor is a piece of the device's work, so that replies grow between two. */
    Weights read(Device device) {
        Weights weights = device.complete(Device.Priority.TRAINING, () -> new Weights(device.manager()));
        try {
            architecture.weightShapes().forEach((name, shape) -> {
                ByteBuffer floats = tensors.floats(form.tensor(name).name());
                device.run(Device.Priority.TRAINING, () -> weights.add(name, floats, shape));
            });
            device.run(Device.Priority.TRAINING, () -> addHeads(weights));
            return weights;
        } catch (RuntimeException | Error e) {
            device.complete(Device.Priority.TRAINING, () -> {
                weights.close();
                return true;
            });
            throw e;
        }
    }

    private void addHeads(Weights weights) {
        TensorFiles given = headTensors;
        if (given == null) {
            addFreshHeads(weights, heads.shapes(architecture), random(0));
        } else {
            heads.shapes(architecture).forEach((name, shape) -> weights.add(name, given.floats(name), shape));
        }
    }

    /** Matrices N(0, s²) with the architecture's s, the factors of norms 1, all else 0. */
    static Weights initialise(PtNDManager manager, Architecture architecture, long seed) {
        RandomGenerator random = random(seed);
        Weights weights = new Weights(manager);
        architecture.weightShapes().forEach((name, shape) -> {
            float[] numbers = new float[size(shape)];
            if (shape.length > 1) {
                fill(numbers, random, architecture.freshSpread(name, shape));
            } else if (name.endsWith(".weight")) {
                Arrays.fill(numbers, 1f);
            }
            weights.add(name, numbers, shape);
        });
        addFreshHeads(weights, architecture.valueShapes(), random);
        return weights;
    }

    private static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    /** First layers N(0, 1/D), all else zero: fresh heads say 0 everywhere. */
    static void addFreshHeads(Weights weights, Map<String, long[]> shapes, RandomGenerator random) {
        shapes.forEach((name, shape) -> {
            float[] numbers = new float[size(shape)];
            if (name.endsWith(".fc.weight")) {
                fill(numbers, random, 1 / Math.sqrt((double) shape[1]));
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
     * Writes a language model's weights into an existing directory in the form that they were read in.
     *
     * @param numbers of a weight of the language model, by its name in the network
     */
    static void write(Architecture architecture, StoredForm form, Function<String, float[]> numbers, Path directory) {
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
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes the heads beside the language model: their weights, and what they are. */
    static void writeHeads(Architecture architecture, Heads heads, Function<String, float[]> numbers, Path directory) {
        JsonObject json = new JsonObject();
        json.addProperty("kind", heads.kind().label());
        json.addProperty("decode_beta", heads.decodeBeta());
        json.addProperty("support_mask", heads.supportMask());
        byte[] bytes = json.toString().getBytes(StandardCharsets.UTF_8);
        try (FileChannel channel =
                FileChannel.open(directory.resolve(HEADS), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            SafetensorsWriter.write(directory.resolve(HEAD_TENSORS), heads.shapes(architecture), numbers);
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
