package dev.rehearse.networks;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

/** Reads values of {@code config.json}, refusing what is absent, mistyped or out of range by the key's name. */
final class ModelConfig {
    private static final int LARGEST = 1 << 24;

    private ModelConfig() {}

    static String string(JsonObject config, String key) {
        JsonElement value = config.get(key);
        if (value == null || !value.isJsonPrimitive()) {
            throw new InvalidModelException("config.json: " + key + " is " + value + "; allowed: a string");
        }
        return value.getAsString();
    }

    static int positive(JsonObject config, String key) {
        JsonElement value = config.get(key);
        try {
            int number = value == null ? 0 : value.getAsInt();
            if (number >= 1 && number <= LARGEST) {
                return number;
            }
        } catch (NumberFormatException | UnsupportedOperationException | IllegalStateException e) {
            throw new InvalidModelException("config.json: " + key + " is " + value + "; allowed: an integer", e);
        }
        throw new InvalidModelException("config.json: " + key + " is " + value + "; allowed: 1 to " + LARGEST);
    }

    static double number(JsonObject config, String key, double absent) {
        JsonElement value = config.get(key);
        try {
            return value == null || value.isJsonNull() ? absent : value.getAsDouble();
        } catch (NumberFormatException | UnsupportedOperationException | IllegalStateException e) {
            throw new InvalidModelException("config.json: " + key + " is " + value + "; allowed: a number", e);
        }
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
        return value == null || value.isJsonNull() ? absent : value.getAsBoolean();
    }
}
