package dev.rehearse.completions;

import dev.rehearse.web.ApiException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads the fields of one JSON object, strictly by type and range, and remembers which ones were asked for. An explicit
 * null is an absent field. Confined to one thread.
 */
final class Fields {
    private final JsonNode object;
    /** Path of the object in the body, with a dot at its end; empty for the body itself. */
    private final String prefix;

    private final Set<String> known = new LinkedHashSet<>();

    private Fields(JsonNode object, String prefix) {
        this.object = object;
        this.prefix = prefix;
    }

    static Fields ofBody(JsonNode body) {
        if (!body.isObject()) {
            throw ApiException.invalid(
                    "invalid_type", null, "The body must be a JSON object, but it is " + kind(body) + ".");
        }
        return new Fields(body, "");
    }

    /** @param path where the object is, e.g. {@code messages[0]} */
    static Fields ofObject(JsonNode node, String path) {
        if (!node.isObject()) {
            throw wrongType(path, "an object", node);
        }
        return new Fields(node, path + ".");
    }

    String path(String name) {
        return prefix + name;
    }

    /** The value, or null when it is absent or null. */
    @Nullable
    JsonNode node(String name) {
        known.add(name);
        JsonNode value = object.get(name);
        return value == null || value.isNull() ? null : value;
    }

    JsonNode require(String name) {
        JsonNode value = node(name);
        if (value == null) {
            throw missing(path(name));
        }
        return value;
    }

    @Nullable
    String text(String name) {
        JsonNode value = node(name);
        return value == null ? null : text(value, path(name));
    }

    String requireText(String name) {
        return text(require(name), path(name));
    }

    boolean flag(String name) {
        JsonNode value = node(name);
        if (value != null && !value.isBoolean()) {
            throw wrongType(path(name), "a boolean", value);
        }
        return value != null && value.booleanValue();
    }

    @Nullable
    Double number(String name, double lowest, double highest) {
        JsonNode value = node(name);
        if (value == null) {
            return null;
        }
        if (!value.isNumber()) {
            throw wrongType(path(name), "a number", value);
        }
        double number = value.doubleValue();
        if (!(number >= lowest && number <= highest)) {
            throw outOfRange(path(name), value, "from " + plain(lowest) + " to " + plain(highest));
        }
        return number;
    }

    @Nullable
    Integer integer(String name, int lowest, int highest) {
        Long number = longInteger(name, lowest, highest);
        return number == null ? null : Math.toIntExact(number);
    }

    @Nullable
    Long longInteger(String name, long lowest, long highest) {
        JsonNode value = node(name);
        if (value == null) {
            return null;
        }
        if (!value.isNumber() || !isWhole(value)) {
            throw wrongType(path(name), "an integer", value);
        }
        boolean fits = value.canConvertToLong() && value.longValue() >= lowest && value.longValue() <= highest;
        if (!fits) {
            String allowed = highest == Integer.MAX_VALUE ? "at least " + lowest : "from " + lowest + " to " + highest;
            throw outOfRange(path(name), value, allowed);
        }
        return value.longValue();
    }

    /** Marks fields that change nothing here as known. */
    void accept(Iterable<String> names) {
        names.forEach(known::add);
    }

    /** The paths of fields nobody has read or accepted. */
    List<String> unknown() {
        List<String> unknown = new ArrayList<>();
        for (String name : object.propertyNames()) {
            if (!known.contains(name)) {
                unknown.add(path(name));
            }
        }
        return unknown;
    }

    static String text(JsonNode value, String path) {
        if (!value.isString()) {
            throw wrongType(path, "a string", value);
        }
        return wellFormed(value.stringValue());
    }

    static ApiException wrongType(String path, String expected, JsonNode actual) {
        return ApiException.invalid(
                "invalid_type",
                path,
                "Invalid type for '" + path + "': expected " + expected + ", but got " + kind(actual) + " instead.");
    }

    static ApiException outOfRange(String path, Object value, String allowed) {
        return ApiException.invalid(
                "invalid_value", path, "Invalid value for '" + path + "': " + value + ". Allowed: " + allowed + ".");
    }

    static ApiException missing(String path) {
        return ApiException.invalid("missing_required_parameter", path, "Missing required parameter: '" + path + "'.");
    }

    static ApiException unsupported(String path, String why) {
        return ApiException.invalid(
                "unsupported_parameter", path, "Unsupported parameter: '" + path + "'. " + why + ".");
    }

    private static boolean isWhole(JsonNode number) {
        return number.isIntegralNumber() || number.canConvertToExactIntegral();
    }

    private static String plain(double bound) {
        return bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound);
    }

    /** Half a surrogate pair, which some clients cut off, becomes U+FFFD: tokenizers see UTF-8. */
    private static String wellFormed(String text) {
        boolean broken = text.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
        if (!broken) {
            return text;
        }
        return text.codePoints()
                .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static String kind(JsonNode node) {
        return switch (node.getNodeType()) {
            case ARRAY -> "an array";
            case OBJECT, POJO -> "an object";
            case STRING, BINARY -> "a string";
            case NUMBER -> node.isIntegralNumber() ? "an integer" : "a decimal number";
            case BOOLEAN -> "a boolean";
            case NULL -> "null";
            case MISSING -> "nothing";
        };
    }
}
