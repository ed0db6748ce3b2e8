package dev.rehearse.jobs;

import dev.rehearse.grading.CosineSimilarity;
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

/** Graders from JSON: what can be said of them without looking around. Stateless; any thread. */
final class GraderReader {
    private static final String SUPPORTED =
            "Supported values: string_check, text_similarity, score_model, label_model, multi, http.";

    private static final JsonMapper JSON = new JsonMapper();

    private GraderReader() {}

    /** @throws ApiException 400 naming the field that is unknown, missing or not allowed */
    static Grader read(JsonFields fields) {
        String type = fields.requireText("type");
        String name = Objects.requireNonNullElse(fields.text("name"), "");
        Grader grader = switch (type) {
            case "string_check" -> stringCheck(name, fields);
            case "text_similarity" -> textSimilarity(name, fields);
            case "score_model" -> ModelGraderReader.score(name, fields);
            case "label_model" -> ModelGraderReader.label(name, fields);
            case "multi" -> multi(name, fields);
            case "http" -> HttpGraderReader.read(name, fields);
            case "python" -> throw unsupported(fields, "python graders are not run inside the service");
            default -> throw unsupported(fields, "'" + type + "'");
        };
        fields.refuseOthers();
        return grader;
    }

    /** Reads what {@link GraderWriter} wrote. */
    static Grader read(@Nullable Object canonical) {
        return read(JsonFields.of(JSON.valueToTree(canonical), "grader"));
    }

    private static Grader stringCheck(String name, JsonFields fields) {
        return new StringCheck(
                name,
                parse(fields, "input", Template::parse),
                parse(fields, "reference", Template::parse),
                parse(fields, "operation", StringCheck.Operation::parse));
    }

    private static Grader textSimilarity(String name, JsonFields fields) {
        Template input = parse(fields, "input", Template::parse);
        Template reference = parse(fields, "reference", Template::parse);
        return CosineSimilarity.METRIC.equals(fields.requireText("evaluation_metric"))
                ? new CosineSimilarity(name, input, reference)
                : new TextSimilarity(name, input, reference, parse(fields, "evaluation_metric", TextMetric::parse));
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

    private static ApiException unsupported(JsonFields fields, String what) {
        String path = fields.path("type");
        return ApiException.invalid(
                "unsupported_value", path, "Unsupported value for '" + path + "': " + what + ". " + SUPPORTED);
    }
}
