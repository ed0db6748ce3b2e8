package dev.rehearse.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the tokenizer files of a Hugging Face directory say, taken apart so that text can never spell a special token. Confined to the
 * opening thread.
 */
final class TokenizerDirectory {
    private final JsonObject tokenizer;
    private final JsonObject model;
    private final JsonObject config;
    private final JsonObject generation;
    private final JsonObject network;
    private final @Nullable String chatTemplate;
    /** By spelling. */
    private final Map<String, Integer> vocabulary = new HashMap<>();

    private final Set<String> special = new HashSet<>();

    TokenizerDirectory(Path directory) throws IOException {
        tokenizer = read(directory.resolve("tokenizer.json"));
        config = readIfPresent(directory.resolve("tokenizer_config.json"));
        generation = readIfPresent(directory.resolve("generation_config.json"));
        network = readIfPresent(directory.resolve("config.json"));
        Path template = directory.resolve("chat_template.jinja");
        chatTemplate = Files.exists(template) ? Files.readString(template) : templateOf(config.get("chat_template"));
        model = tokenizer.getAsJsonObject("model");
        String type = model.has("type") ? model.get("type").getAsString() : "BPE";
        if (!type.equals("BPE") && !type.equals("WordLevel")) {
            throw new IllegalArgumentException("model type must be BPE or WordLevel, not " + type);
        }
        model.getAsJsonObject("vocab").asMap().forEach((token, id) -> vocabulary.put(token, id.getAsInt()));
        for (JsonElement added : addedTokens()) {
            JsonObject token = added.getAsJsonObject();
            String spelling = token.get("content").getAsString();
            vocabulary.put(spelling, token.get("id").getAsInt());
            if (token.get("special").getAsBoolean()) {
                special.add(spelling);
            }
        }
        int end = endId();
        int pad = padId();
        vocabulary.forEach((token, id) -> {
            if (id == end || id == pad) {
                special.add(token);
            }
        });
    }

    Map<String, Integer> vocabulary() {
        return vocabulary;
    }

    Set<String> special() {
        return special;
    }

    /** In transformers' template language; null where the model has none. */
    @Nullable
    String chatTemplate() {
        return chatTemplate;
    }

    /** A model may have several by name; its own is "default". */
    private static @Nullable String templateOf(@Nullable JsonElement given) {
        if (given instanceof JsonArray named) {
            for (JsonElement one : named) {
                if (one.getAsJsonObject().get("name").getAsString().equals("default")) {
                    return one.getAsJsonObject().get("template").getAsString();
                }
            }
            return null;
        }
        return given == null || given.isJsonNull() ? null : given.getAsString();
    }

    TokenSpelling spelling() {
        return TokenSpelling.of(tokenizer.get("decoder"));
    }

    /** @throws IllegalArgumentException if no file names an end token that is in the vocabulary */
    int endId() {
        Integer id = roleId("eos_token");
        if (id == null) {
            throw new IllegalArgumentException("no eos_token in tokenizer_config.json that is in the vocabulary, and no"
                    + " eos_token_id in generation_config.json or config.json");
        }
        return id;
    }

    /** The end token where no file names another. */
    int padId() {
        Integer id = roleId("pad_token");
        return id == null ? endId() : id;
    }

    /**
     * A tokenizer.json in which special tokens are ordinary text: they are no longer cut out of the input before the model sees it, and
     * a model that looks up whole words has no entry for them. Other added tokens keep their ids by moving into the model's vocabulary. The
     * unknown token stays, as what it says.
     */
    String plainTokenizer() {
        JsonObject plain = tokenizer.deepCopy();
        plain.add("truncation", JsonNull.INSTANCE);
        plain.add("padding", JsonNull.INSTANCE);
        JsonObject plainModel = plain.getAsJsonObject("model");
        JsonObject tokens = plainModel.getAsJsonObject("vocab");
        JsonArray kept = new JsonArray();
        for (JsonElement added : addedTokens()) {
            String spelling = added.getAsJsonObject().get("content").getAsString();
            if (!special.contains(spelling)) {
                kept.add(added);
                tokens.add(spelling, added.getAsJsonObject().get("id"));
            }
        }
        if (looksUpWholeWords()) {
            JsonElement unknown = model.get("unk_token");
            special.stream()
                    .filter(spelling -> !new JsonPrimitive(spelling).equals(unknown))
                    .forEach(tokens::remove);
        }
        plain.add("added_tokens", kept);
        return plain.toString();
    }

    /** Otherwise a token is reached by merges alone, and no merge leads to a special one. */
    private boolean looksUpWholeWords() {
        JsonElement ignoreMerges = model.get("ignore_merges");
        return !model.has("merges") || (ignoreMerges != null && ignoreMerges.getAsBoolean());
    }

    private JsonArray addedTokens() {
        JsonElement added = tokenizer.get("added_tokens");
        return added == null || added.isJsonNull() ? new JsonArray() : added.getAsJsonArray();
    }

    private @Nullable Integer roleId(String role) {
        JsonElement named = config.get(role);
        if (named != null && named.isJsonObject()) {
            named = named.getAsJsonObject().get("content");
        }
        if (named != null && named.isJsonPrimitive()) {
            Integer id = vocabulary.get(named.getAsString());
            if (id != null) {
                return id;
            }
        }
        Integer id = firstId(generation.get(role + "_id"));
        return id == null ? firstId(network.get(role + "_id")) : id;
    }

    private static @Nullable Integer firstId(@Nullable JsonElement ids) {
        if (ids == null || ids.isJsonNull()) {
            return null;
        }
        return ids.isJsonArray() ? ids.getAsJsonArray().get(0).getAsInt() : ids.getAsInt();
    }

    private static JsonObject readIfPresent(Path file) throws IOException {
        return Files.exists(file) ? read(file) : new JsonObject();
    }

    private static JsonObject read(Path file) throws IOException {
        try (Reader reader = Files.newBufferedReader(file)) {
            return JsonParser.parseReader(reader).getAsJsonObject();
        }
    }
}
