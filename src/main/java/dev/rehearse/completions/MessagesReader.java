package dev.rehearse.completions;

import dev.rehearse.text.Message;
import dev.rehearse.text.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads the messages of a chat: content as a string or as text parts. Confined to one thread. */
final class MessagesReader {
    private static final Map<String, Role> ROLES = Map.of(
            "system", Role.SYSTEM,
            "developer", Role.DEVELOPER,
            "user", Role.USER,
            "assistant", Role.ASSISTANT,
            "tool", Role.TOOL,
            "function", Role.TOOL);
    private static final String ROLES_LISTED = "system, developer, user, assistant, tool, function";

    /** OpenAI's own fields of a message that no chat template here shows. */
    private static final List<String> NOT_SHOWN = List.of("name", "tool_call_id", "refusal", "annotations");

    /** As vLLM joins them. */
    private static final String BETWEEN_PARTS = "\n";

    private final List<Message> messages = new ArrayList<>();
    private final List<String> ignored = new ArrayList<>();

    private MessagesReader() {}

    static MessagesReader read(JsonNode array) {
        if (!array.isArray()) {
            throw Fields.wrongType("messages", "an array", array);
        }
        if (array.isEmpty()) {
            throw Fields.outOfRange("messages", "an empty array", "at least one message");
        }
        MessagesReader reader = new MessagesReader();
        for (int i = 0; i < array.size(); i++) {
            reader.message(array.get(i), "messages[" + i + "]");
        }
        return reader;
    }

    List<Message> messages() {
        return messages;
    }

    List<String> ignored() {
        return ignored;
    }

    private void message(JsonNode node, String path) {
        Fields fields = Fields.ofObject(node, path);
        String name = fields.requireText("role");
        Role role = ROLES.get(name);
        if (role == null) {
            throw Fields.outOfRange(fields.path("role"), "'" + name + "'", ROLES_LISTED);
        }
        for (String call : List.of("tool_calls", "function_call", "audio")) {
            JsonNode value = fields.node(call);
            if (value != null && !value.isEmpty()) {
                throw Fields.unsupported(fields.path(call), "Messages are text only");
            }
        }
        messages.add(new Message(role, content(fields, role)));
        fields.accept(NOT_SHOWN);
        ignored.addAll(fields.unknown());
    }

    private static String content(Fields fields, Role role) {
        String path = fields.path("content");
        if (role == Role.ASSISTANT && fields.node("content") == null) {
            return "";
        }
        JsonNode content = fields.require("content");
        if (content.isString()) {
            return Fields.text(content, path);
        }
        if (!content.isArray()) {
            throw Fields.wrongType(path, "a string or an array of text parts", content);
        }
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < content.size(); i++) {
            parts.add(part(Fields.ofObject(content.get(i), path + "[" + i + "]")));
        }
        return String.join(BETWEEN_PARTS, parts);
    }

    private static String part(Fields part) {
        String type = part.requireText("type");
        @Nullable
        String field = switch (type) {
            case "text" -> "text";
            case "refusal" -> "refusal";
            default -> null;
        };
        if (field == null) {
            throw Fields.unsupported(
                    part.path("type"), "A part of type '" + type + "' cannot be read by text models; allowed: text");
        }
        return part.requireText(field);
    }
}
