package dev.rehearse.completions;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Reads a prompt, or an input to be embedded, in any of its four forms: string, strings, tokens, arrays of tokens. Stateless; any thread. */
final class PromptReader {
    private static final String FORMS = "a string, an array of strings, an array of tokens or an array of token arrays";

    private PromptReader() {}

    /** @param name of the field */
    static List<Prompt> read(JsonNode prompt, String name) {
        if (prompt.isString()) {
            return List.of(new Prompt.Text(Fields.text(prompt, name)));
        }
        if (!prompt.isArray()) {
            throw Fields.wrongType(name, FORMS, prompt);
        }
        if (prompt.isEmpty()) {
            throw Fields.outOfRange(name, "an empty array", "at least one prompt or token");
        }
        if (prompt.get(0).isNumber()) {
            return List.of(tokens(prompt, name));
        }
        List<Prompt> all = new ArrayList<>();
        for (int i = 0; i < prompt.size(); i++) {
            String path = name + "[" + i + "]";
            JsonNode one = prompt.get(i);
            boolean asTheFirst = one.getNodeType() == prompt.get(0).getNodeType();
            if (!asTheFirst || !(one.isString() || one.isArray())) {
                throw Fields.wrongType(path, "a part of " + FORMS, one);
            }
            all.add(one.isString() ? new Prompt.Text(Fields.text(one, path)) : tokens(one, path));
        }
        return all;
    }

    private static Prompt tokens(JsonNode array, String path) {
        if (array.isEmpty()) {
            throw Fields.outOfRange(path, "an empty array", "at least one token");
        }
        int[] ids = new int[array.size()];
        for (int i = 0; i < ids.length; i++) {
            JsonNode id = array.get(i);
            if (!id.isIntegralNumber()) {
                throw Fields.wrongType(path + "[" + i + "]", "an integer", id);
            }
            if (!id.canConvertToInt() || id.intValue() < 0) {
                throw Fields.outOfRange(path + "[" + i + "]", id, "token ids, from 0");
            }
            ids[i] = id.intValue();
        }
        return new Prompt.Tokens(ids);
    }
}
