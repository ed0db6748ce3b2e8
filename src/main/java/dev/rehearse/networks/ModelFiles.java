package dev.rehearse.networks;

import ai.djl.pytorch.engine.PtNDManager;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
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
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Weights from and to the files of a Hugging Face model directory. Stateless; tensors on the device's thread. */
final class ModelFiles {
    private static final String MODEL = "model.safetensors";
    private static final String VALUE_HEAD = "value_head.safetensors";
    private static final String HEADS = "value_head.json";
    private static final String PREFIX = "transformer.";
    /** Standard deviation of fresh weights: GPT-2's. */
    private static final double SPREAD = 0.02;

    private ModelFiles() {}

    static Architecture architecture(Path directory) {
        Path file = directory.resolve("config.json");
        try {
            JsonObject config = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            return Architecture.fromConfig(config);
        } catch (IOException | JsonParseException | IllegalStateException e) {
            throw new InvalidModelException(file + ": not a readable JSON object: " + e.getMessage(), e);
        }
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
            JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            String kind = json.get("kind").getAsString();
            return new Heads(
                    Heads.Kind.labelled(kind).orElseThrow(() -> new IllegalArgumentException("kind is " + kind)),
                    json.get("decode_beta").getAsDouble(),
                    json.get("support_mask").getAsDouble());
        } catch (IOException | RuntimeException e) {
            throw new InvalidModelException(file + ": not a description of value heads: " + e.getMessage(), e);
        }
    }

    private static void writeHeads(Heads heads, Path directory) throws IOException {
        JsonObject json = new JsonObject();
        json.addProperty("kind", heads.kind().label());
        json.addProperty("decode_beta", heads.decodeBeta());
        json.addProperty("support_mask", heads.supportMask());
        byte[] bytes = json.toString().getBytes(StandardCharsets.UTF_8);
        try (FileChannel channel =
                FileChannel.open(directory.resolve(HEADS), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
    }

    /** Reads model and, where there are files of them, heads; V that is absent starts at 0. */
    static Weights read(PtNDManager manager, Architecture architecture, Heads heads, Path directory) {
        Safetensors model = Safetensors.open(directory.resolve(MODEL));
        architecture.weightShapes().forEach((name, shape) -> checkShape(model, storedName(model, name), shape));
        Weights weights = new Weights(manager);
        try {
            architecture
                    .weightShapes()
                    .forEach((name, shape) -> weights.add(name, model.floats(storedName(model, name)), shape));
            readHeads(weights, heads.shapes(architecture), directory.resolve(VALUE_HEAD));
            return weights;
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    private static void readHeads(Weights weights, Map<String, long[]> shapes, Path file) {
        if (Files.exists(file)) {
            Safetensors value = Safetensors.open(file);
            shapes.forEach((name, shape) -> checkShape(value, name, shape));
            shapes.forEach((name, shape) -> weights.add(name, value.floats(name), shape));
        } else {
            addFreshHeads(
                    weights,
                    shapes,
                    RandomGeneratorFactory.of("L64X128MixRandom").create(0));
        }
    }

    /** A file written from the bare model lacks the prefix that one of the language model has. */
    private static String storedName(Safetensors file, String name) {
        return file.entries().containsKey(PREFIX + name) ? PREFIX + name : name;
    }

    private static void checkShape(Safetensors file, String name, long[] shape) {
        Safetensors.Entry entry = file.entries().get(name);
        if (entry == null) {
            throw new InvalidModelException(name + " is missing; config.json implies shape " + Arrays.toString(shape));
        }
        if (!Arrays.equals(entry.shape(), shape)) {
            throw new InvalidModelException(name + " has shape " + Arrays.toString(entry.shape())
                    + "; config.json implies " + Arrays.toString(shape));
        }
    }

    /** GPT-2's initialisation: N(0, 0.02²), projections into the residual stream divided by √(2·layers). */
    static Weights initialise(PtNDManager manager, Architecture architecture, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        Weights weights = new Weights(manager);
        double residual = SPREAD / Math.sqrt(2.0 * architecture.layers());
        architecture.weightShapes().forEach((name, shape) -> {
            float[] numbers = new float[size(shape)];
            if (isNorm(name)) {
                Arrays.fill(numbers, 1f);
            } else if (name.endsWith(".weight")) {
                fill(numbers, random, name.endsWith("c_proj.weight") ? residual : SPREAD);
            }
            weights.add(name, numbers, shape);
        });
        addFreshHeads(weights, architecture.valueShapes(), random);
        return weights;
    }

    private static boolean isNorm(String name) {
        return name.endsWith("ln_1.weight") || name.endsWith("ln_2.weight") || name.endsWith("ln_f.weight");
    }

    /** First layers N(0, 1/D), all else zero: fresh heads say 0 everywhere. */
    static void addFreshHeads(Weights weights, Map<String, long[]> shapes, RandomGenerator random) {
        shapes.forEach((name, shape) -> {
            float[] numbers = new float[size(shape)];
            if (name.endsWith(".fc.weight")) {
                fill(numbers, random, 1 / Math.sqrt(shape[1]));
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

    static void write(Weights weights, Architecture architecture, Heads heads, Path directory) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        architecture
                .weightShapes()
                .forEach((name, shape) -> shapes.put(name.startsWith("lm_head") ? name : PREFIX + name, shape));
        try {
            SafetensorsWriter.write(
                    directory.resolve(MODEL),
                    shapes,
                    name -> weights.numbers(name.replaceFirst("^transformer\\.", "")));
            SafetensorsWriter.write(directory.resolve(VALUE_HEAD), heads.shapes(architecture), weights::numbers);
            writeHeads(heads, directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
