package dev.rehearse.jobs;

import dev.rehearse.grading.ChatModels.SamplingParams;
import dev.rehearse.grading.Grader;
import dev.rehearse.grading.LabelModel;
import dev.rehearse.grading.ModelInput;
import dev.rehearse.grading.ScoreModel;
import dev.rehearse.grading.Template;
import dev.rehearse.web.ApiException;
import dev.rehearse.web.JsonFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** {@code score_model} and {@code label_model} from JSON. Stateless; any thread. */
final class ModelGraderReader {
    private static final Set<String> TEXTS = Set.of("text", "input_text", "output_text");
    private static final List<String> EFFORTS = List.of("none", "minimal", "low", "medium", "high", "xhigh", "default");

    private ModelGraderReader() {}

    static Grader score(String name, JsonFields fields) {
        String model = fields.requireText("model");
        return new ScoreModel(name, model, input(fields), range(fields), sampling(fields));
    }

    static Grader label(String name, JsonFields fields) {
        String model = fields.requireText("model");
        ModelInput input = input(fields);
        List<String> labels = texts(fields, "labels");
        List<String> passing = texts(fields, "passing_labels");
        try {
            return new LabelModel(name, model, input, labels, passing, sampling(fields));
        } catch (IllegalArgumentException e) {
            throw fields.invalid(labels.isEmpty() ? "labels" : "passing_labels", Objects.toString(e.getMessage()));
        }
    }

    private static ModelInput input(JsonFields fields) {
        List<ModelInput.Message> messages = new ArrayList<>();
        List<JsonNode> given = list(fields, "input");
        for (int i = 0; i < given.size(); i++) {
            messages.add(message(JsonFields.of(given.get(i), fields.path("input") + '[' + i + ']')));
        }
        try {
            return new ModelInput(messages);
        } catch (IllegalArgumentException e) {
            throw fields.invalid("input", Objects.toString(e.getMessage()));
        }
    }

    private static ModelInput.Message message(JsonFields fields) {
        String type = fields.text("type");
        if (type != null && !type.equals("message")) {
            throw fields.invalid("type", "'" + type + "'. Allowed: 'message'");
        }
        String role = fields.requireText("role");
        Template content = template(fields);
        fields.refuseOthers();
        try {
            return new ModelInput.Message(role, content);
        } catch (IllegalArgumentException e) {
            throw fields.invalid("role", Objects.toString(e.getMessage()));
        }
    }

    private static Template template(JsonFields fields) {
        String text = content(fields.require("content"), fields.path("content"));
        try {
            return Template.parse(text);
        } catch (IllegalArgumentException e) {
            throw fields.invalid("content", Objects.toString(e.getMessage()));
        }
    }

    /** A text, a part, or a list of texts and parts, joined as they stand. */
    private static String content(JsonNode content, String path) {
        if (content.isString()) {
            return content.stringValue();
        }
        if (content.isArray()) {
            StringBuilder joined = new StringBuilder();
            for (int i = 0; i < content.size(); i++) {
                JsonNode part = content.get(i);
                String partPath = path + '[' + i + ']';
                joined.append(part.isString() ? part.stringValue() : part(part, partPath));
            }
            return joined.toString();
        }
        return part(content, path);
    }

    private static String part(JsonNode node, String path) {
        JsonFields part = JsonFields.of(node, path);
        String type = part.requireText("type");
        if (!TEXTS.contains(type)) {
            throw ApiException.invalid(
                    "unsupported_value",
                    part.path("type"),
                    "Unsupported value for '" + part.path("type") + "': '" + type
                            + "'. Models here read text alone; supported values: input_text, output_text, text.");
        }
        String text = part.requireText("text");
        part.refuseOthers();
        return text;
    }

    private static ScoreModel.Range range(JsonFields fields) {
        if (fields.find("range") == null) {
            return ScoreModel.Range.USUAL;
        }
        List<JsonNode> ends = list(fields, "range");
        if (ends.size() != 2 || !ends.get(0).isNumber() || !ends.get(1).isNumber()) {
            throw fields.invalid("range", ends + ". Allowed: two numbers, the smaller one first");
        }
        try {
            return new ScoreModel.Range(ends.get(0).doubleValue(), ends.get(1).doubleValue());
        } catch (IllegalArgumentException e) {
            throw fields.invalid("range", Objects.toString(e.getMessage()));
        }
    }

    private static SamplingParams sampling(JsonFields fields) {
        JsonFields params = fields.object("sampling_params");
        if (params == null) {
            return SamplingParams.USUAL;
        }
        SamplingParams read = new SamplingParams(
                number(params, "temperature", 2),
                number(params, "top_p", 1),
                params.integer("seed", Integer.MIN_VALUE, Integer.MAX_VALUE),
                params.integer("max_completions_tokens", 1, Integer.MAX_VALUE),
                params.text("reasoning_effort"));
        if (read.reasoningEffort() != null && !EFFORTS.contains(read.reasoningEffort())) {
            throw params.invalid("reasoning_effort", "'" + read.reasoningEffort() + "'. Allowed: " + EFFORTS);
        }
        params.refuseOthers();
        return read;
    }

    private static @Nullable Double number(JsonFields fields, String name, double most) {
        JsonNode value = fields.find(name);
        if (value == null) {
            return null;
        }
        if (!value.isNumber()) {
            throw JsonFields.wrongType(fields.path(name), "a number", value);
        }
        if (!(value.doubleValue() >= 0 && value.doubleValue() <= most)) {
            throw fields.invalid(name, value + ". Allowed: 0 to " + most);
        }
        return value.doubleValue();
    }

    private static List<String> texts(JsonFields fields, String name) {
        List<String> texts = new ArrayList<>();
        for (JsonNode text : list(fields, name)) {
            if (!text.isString()) {
                throw JsonFields.wrongType(fields.path(name) + '[' + texts.size() + ']', "a string", text);
            }
            texts.add(text.stringValue());
        }
        return texts;
    }

    private static List<JsonNode> list(JsonFields fields, String name) {
        JsonNode list = fields.require(name);
        if (!list.isArray()) {
            throw JsonFields.wrongType(fields.path(name), "an array", list);
        }
        return List.copyOf(list.values());
    }
}
