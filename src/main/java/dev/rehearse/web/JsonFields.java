package dev.rehearse.web;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A JSON object of a request, read field by field: an explicit null is absent, a wrong type is refused by its path, and
 * what nobody asked for is unknown. Confined to one thread.
 */
public final class JsonFields {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final JsonNode node;
    private final String path;
    private final Set<String> known = new HashSet<>();

    private JsonFields(JsonNode node, String path) {
        this.node = node;
        this.path = path;
    }

    /** @throws ApiException 400 when the bytes are not one JSON object */
    public static JsonFields parse(byte[] body) {
        JsonNode node;
        try {
            node = JSON.readTree(body);
        } catch (JacksonException e) {
            throw ApiException.invalid(
                    null, null, "We could not parse the JSON body of your request: " + e.getOriginalMessage());
        }
        return of(node, "");
    }

    /** @throws ApiException 400 when the node is not an object */
    public static JsonFields of(JsonNode node, String path) {
        if (!node.isObject()) {
            throw wrongType(path.isEmpty() ? "body" : path, "an object", node);
        }
        return new JsonFields(node, path);
    }

    /** The full name of a field, e.g. {@code method.reinforcement.grader}. */
    public String path(String name) {
        return path.isEmpty() ? name : path + '.' + name;
    }

    /** The object itself, to be changed. */
    public ObjectNode copy() {
        return (ObjectNode) node.deepCopy();
    }

    /** The field, or null when it is absent or null. */
    public @Nullable JsonNode find(String name) {
        known.add(name);
        JsonNode value = node.get(name);
        return value == null || value.isNull() ? null : value;
    }

    public JsonNode require(String name) {
        JsonNode value = find(name);
        if (value == null) {
            throw ApiException.invalid(
                    "missing_required_parameter", path(name), "Missing required parameter: '" + path(name) + "'.");
        }
        return value;
    }

    public @Nullable String text(String name) {
        JsonNode value = find(name);
        return value == null ? null : text(name, value);
    }

    public String requireText(String name) {
        return text(name, require(name));
    }

    public @Nullable Integer integer(String name, int smallest, int largest) {
        JsonNode value = find(name);
        if (value == null) {
            return null;
        }
        if (!value.isIntegralNumber()) {
            throw wrongType(path(name), "an integer", value);
        }
        if (!value.canConvertToInt() || value.intValue() < smallest || value.intValue() > largest) {
            throw invalid(name, value + ". Allowed: " + smallest + " to " + largest);
        }
        return value.intValue();
    }

    public @Nullable JsonFields object(String name) {
        JsonNode value = find(name);
        return value == null ? null : of(value, path(name));
    }

    public JsonFields requireObject(String name) {
        return of(require(name), path(name));
    }

    public Set<Map.Entry<String, JsonNode>> entries() {
        return node.properties();
    }

    /** @throws ApiException 400 naming the first field that was never asked for and does not start with {@code x_} */
    public void refuseOthers() {
        for (Map.Entry<String, JsonNode> entry : entries()) {
            String name = entry.getKey();
            if (!known.contains(name) && !name.startsWith("x_")) {
                throw ApiException.invalid("unknown_parameter", path(name), "Unknown parameter: '" + path(name) + "'.");
            }
        }
    }

    /** The object as maps, lists, strings, numbers and booleans, without nulls and {@code x_} fields, at any depth. */
    public Map<String, Object> plain() {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : entries()) {
            if (!entry.getValue().isNull() && !entry.getKey().startsWith("x_")) {
                fields.put(entry.getKey(), plain(entry.getValue()));
            }
        }
        return fields;
    }

    private static Object plain(JsonNode value) {
        return value.isObject() ? new JsonFields(value, "").plain() : JSON.treeToValue(value, Object.class);
    }

    /** The refusal of a value of the right type. */
    public ApiException invalid(String name, String problem) {
        return ApiException.invalid(
                "invalid_value", path(name), "Invalid value for '" + path(name) + "': " + problem + ".");
    }

    /** The refusal of a value of the wrong type. */
    public static ApiException wrongType(String path, String expected, JsonNode got) {
        String message =
                "Invalid type for '" + path + "': expected " + expected + ", but got " + article(got) + " instead.";
        return ApiException.invalid("invalid_type", path, message);
    }

    private String text(String name, JsonNode value) {
        if (!value.isString()) {
            throw wrongType(path(name), "a string", value);
        }
        return StorableText.require(path(name), value.stringValue());
    }

    private static String article(JsonNode node) {
        return switch (node.getNodeType()) {
            case ARRAY -> "an array";
            case OBJECT, POJO -> "an object";
            case STRING, BINARY -> "a string";
            case NUMBER -> "a number";
            case BOOLEAN -> "a boolean";
            case NULL -> "null";
            case MISSING -> "nothing";
        };
    }
}
