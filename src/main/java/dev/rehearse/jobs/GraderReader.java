package dev.rehearse.jobs;

import dev.rehearse.grading.Formula;
import dev.rehearse.grading.Grader;
import dev.rehearse.grading.Multi;
import dev.rehearse.grading.StringCheck;
import dev.rehearse.grading.Template;
import dev.rehearse.grading.TextMetric;
import dev.rehearse.grading.TextSimilarity;
import dev.rehearse.web.ApiException;
import dev.rehearse.web.JsonFields;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Graders from JSON and back. Stateless; any thread. */
final class GraderReader {
    private static final String SUPPORTED = "Supported values: string_check, text_similarity, multi.";

    private static final JsonMapper JSON = new JsonMapper();

    private GraderReader() {}

    /** @throws ApiException 400 naming the field that is unknown, missing or not allowed */
    static Grader read(JsonFields fields) {
        String type = fields.requireText("type");
        String name = Objects.requireNonNullElse(fields.text("name"), "");
        Grader grader = switch (type) {
            case "string_check" -> stringCheck(name, fields);
            case "text_similarity" -> textSimilarity(name, fields);
            case "multi" -> multi(name, fields);
            case "python" -> throw unsupported(fields, "type", "python graders are not run inside the service");
            default -> throw unsupported(fields, "type", "'" + type + "'");
        };
        fields.refuseOthers();
        return grader;
    }

    /** Reads what {@link #write} wrote. */
    static Grader read(@Nullable Object canonical) {
        return read(JsonFields.of(JSON.valueToTree(canonical), "grader"));
    }

    /** The canonical form: OpenAI's fields, and the graders of a multi as a map. */
    static Map<String, Object> write(Grader grader) {
        Map<String, Object> json = new LinkedHashMap<>();
        if (grader instanceof StringCheck check) {
            json.put("type", "string_check");
            json.put("name", check.name());
            json.put("input", check.input().source());
            json.put("reference", check.reference().source());
            json.put("operation", check.operation().wireName());
        } else if (grader instanceof TextSimilarity similarity) {
            json.put("type", "text_similarity");
            json.put("name", similarity.name());
            json.put("input", similarity.input().source());
            json.put("reference", similarity.reference().source());
            json.put("evaluation_metric", similarity.metric().wireName());
        } else if (grader instanceof Multi multi) {
            Map<String, Object> graders = new LinkedHashMap<>();
            multi.graders().forEach((variable, part) -> graders.put(variable, write(part)));
            json.put("type", "multi");
            json.put("name", multi.name());
            json.put("graders", graders);
            json.put("calculate_output", multi.calculateOutput().source());
        } else {
            throw new IllegalStateException("no JSON for " + grader.getClass());
        }
        return json;
    }

    private static Grader stringCheck(String name, JsonFields fields) {
        return new StringCheck(
                name,
                parse(fields, "input", Template::parse),
                parse(fields, "reference", Template::parse),
                parse(fields, "operation", StringCheck.Operation::parse));
    }

    private static Grader textSimilarity(String name, JsonFields fields) {
        if ("cosine".equals(fields.text("evaluation_metric"))) {
            throw unsupported(fields, "evaluation_metric", "cosine needs an embedding model, and there is none");
        }
        return new TextSimilarity(
                name,
                parse(fields, "input", Template::parse),
                parse(fields, "reference", Template::parse),
                parse(fields, "evaluation_metric", TextMetric::parse));
    }

    private static Grader multi(String name, JsonFields fields) {
        Map<String, Grader> graders = graders(fields);
        Formula formula = parse(fields, "calculate_output", source -> Formula.parse(source, graders.keySet()));
        try {
            return new Multi(name, graders, formula);
        } catch (IllegalArgumentException e) {
            String field = Objects.toString(e.getMessage(), "").startsWith("calculate_output")
                    ? "calculate_output"
                    : "graders";
            throw fields.invalid(field, Objects.toString(e.getMessage()));
        }
    }

    /** A map by name is the form of the service; a list and a single grader are what clients' types make people send. */
    private static Map<String, Grader> graders(JsonFields fields) {
        JsonNode node = fields.require("graders");
        Map<String, Grader> graders = new LinkedHashMap<>();
        if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                JsonFields part = JsonFields.of(node.get(i), fields.path("graders") + '[' + i + ']');
                addNamed(graders, part);
            }
        } else if (node.path("type").isString()) {
            addNamed(graders, fields.requireObject("graders"));
        } else {
            JsonFields map = fields.requireObject("graders");
            map.entries().forEach(entry -> graders.put(entry.getKey(), read(map.requireObject(entry.getKey()))));
        }
        return graders;
    }

    private static void addNamed(Map<String, Grader> graders, JsonFields part) {
        String name = part.requireText("name");
        if (graders.put(name, read(part)) != null) {
            throw part.invalid("name", "'" + name + "' names two graders");
        }
    }

    private static <T> T parse(JsonFields fields, String field, Function<String, T> parser) {
        String text = fields.requireText(field);
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException e) {
            throw fields.invalid(field, Objects.toString(e.getMessage()));
        }
    }

    private static ApiException unsupported(JsonFields fields, String field, String what) {
        String path = fields.path(field);
        String supported = field.equals("type") ? " " + SUPPORTED : "";
        return ApiException.invalid(
                "unsupported_value", path, "Unsupported value for '" + path + "': " + what + "." + supported);
    }
}
