package dev.rehearse.networks;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;

/** Reads values of {@code config.json}, refusing what is absent, mistyped or out of range by the key's name. */
final class ModelConfig {
    private static final int LARGEST = 1 << 24;

    private ModelConfig() {}

    static String string(JsonObject config, String key) {
        JsonElement value = config.get(key);
        if (!(value instanceof JsonPrimitive primitive) || !primitive.isString()) {
            throw new InvalidModelException("config.json: " + key + " is " + value + "; allowed: a string");
        }
        return primitive.getAsString();
    }

    static int positive(JsonObject config, String key) {
        JsonElement value = config.get(key);
        // As a double: getAsInt would cut fractions and wrap what is too large.
        if (value instanceof JsonPrimitive primitive && primitive.isNumber()) {
            double number = primitive.getAsDouble();
            if (number >= 1 && number <= LARGEST && number == Math.rint(number)) {
                return (int) number;
            }
        }
        throw new InvalidModelException(
                "config.json: " + key + " is " + value + "; allowed: an integer from 1 to " + LARGEST);
    }

    static double aboveZero(JsonObject config, String key, double absent) {
        JsonElement value = config.get(key);
        if (value == null || value.isJsonNull()) {
            return absent;
        }
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
}
