package dev.rehearse.completions;

import dev.rehearse.web.ApiException;
import dev.rehearse.web.JsonFields;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads the fields of one JSON object as {@link JsonFields} does, adds the numbers and ranges of sampling, and remembers
 * what nobody asked for instead of refusing it. Confined to one thread.
 */
final class Fields {
    private final JsonNode object;
    private final JsonFields fields;
    private final Set<String> known = new HashSet<>();

    private Fields(JsonNode object, String path) {
        this.object = object;
        this.fields = JsonFields.of(object, path);
    }

    static Fields ofBody(JsonNode body) {
        return new Fields(body, "");
    }

    /** @param path where the object is, e.g. {@code messages[0]} */
    static Fields ofObject(JsonNode node, String path) {
        return new Fields(node, path);
    }

    String path(String name) {
        return fields.path(name);
    }

    /** The value, or null when it is absent or null. */
    @Nullable
    JsonNode node(String name) {
        known.add(name);
        return fields.find(name);
    }

    JsonNode require(String name) {
        known.add(name);
        return fields.require(name);
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
        return JsonFields.wrongType(path, expected, actual);
    }

    static ApiException outOfRange(String path, Object value, String allowed) {
        return ApiException.invalid(
                "invalid_value", path, "Invalid value for '" + path + "': " + value + ". Allowed: " + allowed + ".");
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
}
