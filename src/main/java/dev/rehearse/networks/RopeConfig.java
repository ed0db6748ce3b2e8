package dev.rehearse.networks;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.rehearse.networks.Llama.Rope;
import java.util.List;

/**
 * What {@code config.json} says of rotary positions: {@code rope_theta} and {@code rope_scaling}, or both in
 * {@code rope_parameters}, as newer files have it. Stateless.
 */
final class RopeConfig {
    private static final double THETA = 10_000;

    private RopeConfig() {}

    static Rope read(JsonObject config) {
        JsonObject newer = object(config, "rope_parameters");
        JsonObject scaling = newer.isEmpty() ? object(config, "rope_scaling") : newer;
        double theta = ModelConfig.aboveZero(newer.has("rope_theta") ? newer : config, "rope_theta", THETA);
        String kindKey = scaling.has("rope_type") ? "rope_type" : "type";
        String kind = ModelConfig.oneOf(scaling, kindKey, "default", List.of("default", "llama3"));
        if (kind.equals("default")) {
            return Rope.plain(theta);
        }
        Rope rope = new Rope(
                theta,
                ModelConfig.aboveZero(scaling, "factor"),
                ModelConfig.aboveZero(scaling, "low_freq_factor"),
                ModelConfig.aboveZero(scaling, "high_freq_factor"),
                ModelConfig.positive(scaling, "original_max_position_embeddings"));
        if (rope.high() <= rope.low()) {
            throw new InvalidModelException("config.json: high_freq_factor is " + rope.high()
                    + "; allowed: above low_freq_factor " + rope.low());
        }
        return rope;
    }

    private static JsonObject object(JsonObject config, String key) {
        JsonElement value = config.get(key);
        if (value == null || value.isJsonNull()) {
            return new JsonObject();
        }
        if (value instanceof JsonObject object) {
            return object;
        }
        throw new InvalidModelException("config.json: " + key + " is " + value + "; allowed: an object");
    }

    static void write(Rope rope, JsonObject config) {
        config.addProperty("rope_theta", rope.theta());
        if (rope.factor() != 1) {
            JsonObject scaling = new JsonObject();
            scaling.addProperty("rope_type", "llama3");
            scaling.addProperty("factor", rope.factor());
            scaling.addProperty("low_freq_factor", rope.low());
            scaling.addProperty("high_freq_factor", rope.high());
            scaling.addProperty("original_max_position_embeddings", (int) rope.originalContext());
            config.add("rope_scaling", scaling);
        }
    }
}
