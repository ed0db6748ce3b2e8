package dev.rehearse.jobs;

import dev.rehearse.training.Example;
import dev.rehearse.training.Example.Conversation;
import dev.rehearse.training.InvalidExampleException;
import dev.rehearse.web.JsonFields;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Training files, line by line: {@code {"messages": […]}} or {@code {"prompt", "completion"}}. Thread-safe. */
@Component
final class TrainingRows {
    private static final Set<String> RESERVED = Set.of("messages", "prompt", "tools", "parallel_tool_calls");
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final Dialogues dialogues;

    TrainingRows(Dialogues dialogues) {
        this.dialogues = dialogues;
    }

    /** @throws InvalidExampleException naming the first line that cannot be learned from */
    List<Example> read(Path file, JobMethod.Kind method) {
        List<Example> examples = new ArrayList<>();
        forEach(file, method, examples::add);
        return examples;
    }

    /** Reads the whole file and keeps nothing of it. */
    void check(Path file, JobMethod.Kind method) {
        forEach(file, method, example -> {});
    }

    void forEach(Path file, JobMethod.Kind method, JsonLines.Sink<Example> sink) {
        JsonLines.read(file, (line, text) -> example(line, text, method), sink, "the file has no examples");
    }

    /** @throws InvalidExampleException when the line is not one JSON object */
    static JsonNode object(int line, String text) {
        JsonNode row;
        try {
            row = JSON.readTree(text);
        } catch (JacksonException e) {
            throw new InvalidExampleException(line, "not JSON: " + e.getOriginalMessage());
        }
        if (!row.isObject()) {
            throw new InvalidExampleException(line, "expected a JSON object, but got " + excerpt(row));
        }
        return row;
    }

    private Example example(int line, String text, JobMethod.Kind method) {
        JsonNode row = object(line, text);
        if (row.path("tools").size() > 0) {
            throw new InvalidExampleException(line, "'tools' are not supported");
        }
        Conversation conversation = conversation(line, row, method);
        return new Example(line, conversation, item(row));
    }

    private Conversation conversation(int line, JsonNode row, JobMethod.Kind method) {
        if (row.hasNonNull("messages")) {
            List<Dialogues.Turn> turns = turns(line, row.get("messages"));
            Conversation chat = chat(line, turns);
            checkLast(line, turns.get(turns.size() - 1).role(), method);
            return chat;
        }
        if (row.hasNonNull("prompt")) {
            return continuation(line, row, method);
        }
        throw new InvalidExampleException(line, "no 'messages', and no 'prompt' either");
    }

    private Conversation chat(int line, List<Dialogues.Turn> turns) {
        try {
            return dialogues.of(turns);
        } catch (IllegalArgumentException e) {
            throw new InvalidExampleException(line, Objects.toString(e.getMessage()));
        }
    }

    private static Conversation continuation(int line, JsonNode row, JobMethod.Kind method) {
        String prompt = string(line, "prompt", row.get("prompt"));
        if (method == JobMethod.Kind.REINFORCEMENT) {
            return new Conversation.Continuation(prompt, "");
        }
        String completion = string(line, "completion", row.get("completion"));
        if (completion.isEmpty()) {
            throw new InvalidExampleException(line, "'completion' is empty; there is nothing to learn");
        }
        return new Conversation.Continuation(prompt, completion);
    }

    static List<Dialogues.Turn> turns(int line, JsonNode messages) {
        if (!messages.isArray() || messages.isEmpty()) {
            throw new InvalidExampleException(
                    line, "'messages' is " + excerpt(messages) + "; expected a list of messages");
        }
        List<Dialogues.Turn> turns = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            turns.add(turn(line, "messages[" + i + "]", messages.get(i)));
        }
        return turns;
    }

    private static Dialogues.Turn turn(int line, String path, JsonNode message) {
        if (!message.isObject()) {
            throw new InvalidExampleException(line, "'" + path + "' is " + excerpt(message) + "; expected an object");
        }
        for (String unsupported : List.of("tool_calls", "function_call")) {
            if (message.hasNonNull(unsupported)) {
                throw new InvalidExampleException(line, "'" + path + '.' + unsupported + "' is not supported");
            }
        }
        JsonNode weight = message.path("weight");
        if (!weight.isMissingNode() && !weight.isNull() && weight.asDouble(0) != 1) {
            throw new InvalidExampleException(line, "'" + path + ".weight' is " + weight + "; only 1 is supported");
        }
        String role = string(line, path + ".role", message.get("role"));
        return new Dialogues.Turn(role, content(line, path + ".content", message.get("content")));
    }

    private static String content(int line, String path, @Nullable JsonNode content) {
        if (content == null || !content.isArray()) {
            return string(line, path, content);
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < content.size(); i++) {
            JsonNode part = content.get(i);
            String where = path + '[' + i + ']';
            if (!"text".equals(part.path("type").asString(""))) {
                throw new InvalidExampleException(line, "'" + where + "' is not a text part; only text is supported");
            }
            text.append(string(line, where + ".text", part.get("text")));
        }
        return text.toString();
    }

    private static void checkLast(int line, String role, JobMethod.Kind method) {
        String needed = switch (method) {
            case SUPERVISED -> "assistant";
            case REINFORCEMENT -> "user";
        };
        if (!role.equals(needed)) {
            throw new InvalidExampleException(
                    line,
                    "the last message has the role '" + role + "'; " + method.wireName() + " needs '" + needed + "'");
        }
    }

    static String string(int line, String path, @Nullable JsonNode value) {
        if (value == null || value.isNull()) {
            throw new InvalidExampleException(line, "'" + path + "' is missing");
        }
        if (!value.isString()) {
            throw new InvalidExampleException(line, "'" + path + "' is " + excerpt(value) + "; expected a string");
        }
        return value.stringValue();
    }

    private static Map<String, Object> item(JsonNode row) {
        Map<String, Object> item = new LinkedHashMap<>();
        row.properties().forEach(entry -> {
            if (!RESERVED.contains(entry.getKey())) {
                item.put(entry.getKey(), JSON.treeToValue(entry.getValue(), Object.class));
            }
        });
        return item;
    }

    /** What graders see of an object that is no row of a file; empty for none. */
    static Map<String, Object> fields(@Nullable JsonFields object) {
        Map<String, Object> fields = new LinkedHashMap<>();
        if (object != null) {
            object.entries()
                    .forEach(entry -> fields.put(entry.getKey(), JSON.treeToValue(entry.getValue(), Object.class)));
        }
        return fields;
    }

    static String excerpt(JsonNode node) {
        String text = node.toString();
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }
}
