package dev.rehearse.networks;

import com.google.gson.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A perceptron whose states are the last {@code inputs} tokens, each a 16-bit number, and whose actions are the tokens
 * below {@code vocabularySize}: the algorithms on tasks that are not text, with all else as in production.
 */
public record Mlp(int inputs, int vocabularySize, int width) implements Architecture {
    /** The token of a number; 0 is 32,768, and the network reads 8,192 as 1. */
    public static int token(double number) {
        return (int) Math.max(0, Math.min(65_535, Math.round(32_768 + 8_192 * number)));
    }

    @Override
    public int contextLength() {
        return 1 << 16;
    }

    @Override
    public int layers() {
        return 0;
    }

    @Override
    public DecodingState decodingState() {
        return DecodingState.keysAndValues(0, 1, width);
    }

    @Override
    public Map<String, long[]> weightShapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        shapes.put("in.weight", new long[] {width, inputs + 1});
        return shapes;
    }

    /** So that what fresh units see of a state of numbers near 1 is of that size, and they bend in different places. */
    @Override
    public double freshSpread(String name, long[] shape) {
        return 1;
    }

    @Override
    public WeightNames weightNames() {
        return new WeightNames("", "", List.of(), List.of());
    }

    @Override
    public boolean projectionsAreTransposed() {
        return false;
    }

    @Override
    public ScriptName script() {
        return new ScriptName("mlp", "Mlp");
    }

    @Override
    public Map<String, Object> scriptAttributes() {
        return Map.of("inputs", inputs, "actions", vocabularySize);
    }

    @Override
    public JsonObject toConfig(int endId) {
        throw new UnsupportedOperationException("a test's network is not stored");
    }
}
