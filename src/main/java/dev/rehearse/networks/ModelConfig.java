package dev.rehearse.networks;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads values of {@code config.json}, refusing what is absent, mistyped or out of range by the key's name. */
final class ModelConfig {
    private static final int LARGEST = 1 << 24;
    private static final int MOST_LAYERS = 1024;

    private ModelConfig() {}

    /**
     * Reads a file of one JSON object.
     *
     * @throws InvalidModelException when it cannot be read, is too large or is something else
     */
    static JsonObject read(Path file) {
        try {
            long size = Files.size(file);
            if (size > LARGEST) {
                throw new InvalidModelException(file + ": " + size + " bytes; allowed: up to " + LARGEST);
            }
            return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        } catch (IOException | JsonParseException | IllegalStateException e) {
            throw new InvalidModelException(file + ": not a readable JSON object: " + e.getMessage(), e);
        }
    }

    /** What the {@code config.json} of our own families has in common. */
    static JsonObject ofSeq2Seq(String modelType, Architecture architecture, int endId) {
        JsonObject config = new JsonObject();
        config.addProperty("model_type", modelType);
        config.addProperty("is_encoder_decoder", true);
        config.addProperty("vocab_size", architecture.vocabularySize());
        config.addProperty("max_position_embeddings", architecture.contextLength());
        config.addProperty("hidden_size", architecture.width());
        config.addProperty("bos_token_id", endId);
        config.addProperty("eos_token_id", endId);
        config.addProperty("torch_dtype", "float32");
        return config;
    }

    static String string(JsonObject config, String key) {
        return string("config.json", config, key);
    }

    static String string(String file, JsonObject config, String key) {
        JsonElement value = config.get(key);
        if (!(value instanceof JsonPrimitive primitive) || !primitive.isString()) {
            throw new InvalidModelException(file + ": " + key + " is " + value + "; allowed: a string");
        }
        return primitive.getAsString();
    }

    /** Blocks are written out by name, so their number is bounded apart. */
    static int layers(JsonObject config, String key) {
        return upTo(config, key, MOST_LAYERS);
    }

    static int positive(JsonObject config, String key, int absent) {
        JsonElement value = config.get(key);
        return value == null || value.isJsonNull() ? absent : positive(config, key);
    }

    static int positive(JsonObject config, String key) {
        return upTo(config, key, LARGEST);
    }

    /** Refuses a product of sizes that none of them exceeds alone. */
    static void bounded(String what, long size) {
        if (size > LARGEST) {
            throw new InvalidModelException("config.json: " + what + " is " + size + "; allowed: up to " + LARGEST);
        }
    }

    private static int upTo(JsonObject config, String key, int most) {
        JsonElement value = config.get(key);
        // As a double: getAsInt would cut fractions and wrap what is too large.
        if (value instanceof JsonPrimitive primitive && primitive.isNumber()) {
            double number = primitive.getAsDouble();
            if (number >= 1 && number <= most && number == Math.rint(number)) {
                return (int) number;
            }
        }
        throw new InvalidModelException(
                "config.json: " + key + " is " + value + "; allowed: an integer from 1 to " + most);
    }

    static double aboveZero(JsonObject config, String key, double absent) {
        JsonElement value = config.get(key);
        return value == null || value.isJsonNull() ? absent : aboveZero(config, key);
    }

    static double aboveZero(JsonObject config, String key) {
        JsonElement value = config.get(key);
        if (value instanceof JsonPrimitive primitive && primitive.isNumber()) {
            double number = primitive.getAsDouble();
            if (number > 0 && number < Double.POSITIVE_INFINITY) {
                return number;
            }
        }
        throw new InvalidModelException("config.json: " + key + " is " + value + "; allowed: a number above 0");
    }

    static String oneOf(JsonObject config, String key, String absent, java.util.List<String> allowed) {
        String value = config.has(key) ? string(config, key) : absent;
        if (!allowed.contains(value)) {
            throw new InvalidModelException("config.json: " + key + " is " + value + "; allowed: " + allowed);
        }
        return value;
    }

    static boolean flag(JsonObject config, String key, boolean absent) {
        JsonElement value = config.get(key);
        if (value == null || value.isJsonNull()) {
            return absent;
        }
        if (value instanceof JsonPrimitive primitive && primitive.isBoolean()) {
            return primitive.getAsBoolean();
        }
        throw new InvalidModelException("config.json: " + key + " is " + value + "; allowed: true or false");
    }

    /** Refuses a switch that would make another network of the file's. */
    static void require(JsonObject config, String key, boolean supported) {
        if (flag(config, key, supported) != supported) {
            throw new InvalidModelException("config.json: " + key + " is " + !supported + "; allowed: " + supported);
        }
    }
}
