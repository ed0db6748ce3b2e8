package dev.rehearse.text;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The files of a tokenizer of ours, in the format of Hugging Face's tokenizers library. Immutable. */
final class TokenizerJson {
    private static final Gson GSON = new GsonBuilder()
            .disableHtmlEscaping()
            .serializeNulls()
            .setPrettyPrinting()
            .create();
    private static final String ANY_CHARACTER = "[\\s\\S]";

    private final TokenizerSpec spec;

    TokenizerJson(TokenizerSpec spec) {
        this.spec = spec;
    }

    /** @param words by id, after the special tokens */
    JsonObject wordLevel(List<String> words) {
        JsonObject model = typed("WordLevel");
        model.add("vocab", vocabulary(words));
        model.addProperty("unk_token", SpecialToken.UNKNOWN.spelling());
        return model;
    }

    JsonObject bpe(BpeTrainer.Vocabulary learned) {
        JsonObject model = typed("BPE");
        for (String unused : List.of("dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix")) {
            model.add(unused, JsonNull.INSTANCE);
        }
        model.addProperty("fuse_unk", false);
        model.addProperty("byte_fallback", false);
        model.addProperty("ignore_merges", false);
        model.add("vocab", vocabulary(learned.tokens()));
        JsonArray merges = new JsonArray();
        for (BpeTrainer.Pair pair : learned.merges()) {
            merges.add(
                    learned.tokens().get(pair.left()) + " " + learned.tokens().get(pair.right()));
        }
        model.add("merges", merges);
        return model;
    }

    void write(JsonObject model, int longestText, Path directory) throws IOException {
        write(tokenizer(model), directory.resolve("tokenizer.json"));
        write(config(longestText), directory.resolve("tokenizer_config.json"));
        write(roles(), directory.resolve("special_tokens_map.json"));
    }

    private static void write(JsonObject json, Path file) throws IOException {
        Files.writeString(file, GSON.toJson(json) + "\n");
    }

    private JsonObject tokenizer(JsonObject model) {
        JsonObject json = new JsonObject();
        json.addProperty("version", "1.0");
        json.add("truncation", JsonNull.INSTANCE);
        json.add("padding", JsonNull.INSTANCE);
        json.add("added_tokens", addedTokens());
        json.add("normalizer", normalizer());
        json.add("pre_tokenizer", preTokenizer());
        json.add("post_processor", JsonNull.INSTANCE);
        json.add("decoder", decoder());
        json.add("model", model);
        return json;
    }

    private static JsonArray addedTokens() {
        JsonArray added = new JsonArray();
        for (SpecialToken special : SpecialToken.values()) {
            JsonObject token = new JsonObject();
            token.addProperty("id", special.id());
            token.addProperty("content", special.spelling());
            token.addProperty("single_word", false);
            token.addProperty("lstrip", false);
            token.addProperty("rstrip", false);
            token.addProperty("normalized", false);
            token.addProperty("special", true);
            added.add(token);
        }
        return added;
    }

    private JsonObject normalizer() {
        JsonArray steps = new JsonArray();
        steps.add(typed("NFC"));
        if (spec.lowercase()) {
            steps.add(typed("Lowercase"));
        }
        JsonObject sequence = typed("Sequence");
        sequence.add("normalizers", steps);
        return sequence;
    }

    private JsonObject preTokenizer() {
        return switch (spec.kind()) {
            case WORD -> typed("WhitespaceSplit");
            case CHAR -> {
                JsonObject split = typed("Split");
                JsonObject pattern = new JsonObject();
                pattern.addProperty("Regex", ANY_CHARACTER);
                split.add("pattern", pattern);
                split.addProperty("behavior", "Isolated");
                split.addProperty("invert", false);
                yield split;
            }
            case BPE -> byteLevel();
        };
    }

    /** None for words: the library then joins tokens by one space. */
    private JsonElement decoder() {
        return switch (spec.kind()) {
            case WORD -> JsonNull.INSTANCE;
            case CHAR -> typed("Fuse");
            case BPE -> byteLevel();
        };
    }

    private static JsonObject byteLevel() {
        JsonObject byteLevel = typed("ByteLevel");
        byteLevel.addProperty("add_prefix_space", false);
        byteLevel.addProperty("trim_offsets", true);
        byteLevel.addProperty("use_regex", true);
        return byteLevel;
    }

    private static JsonObject config(int longestText) {
        JsonObject config = roles();
        config.addProperty("tokenizer_class", "PreTrainedTokenizerFast");
        config.addProperty("model_max_length", longestText);
        config.addProperty("clean_up_tokenization_spaces", false);
        config.addProperty("chat_template", ChatTemplate.JINJA);
        return config;
    }

    private static JsonObject roles() {
        JsonObject roles = new JsonObject();
        roles.addProperty("eos_token", SpecialToken.END.spelling());
        roles.addProperty("pad_token", SpecialToken.PAD.spelling());
        roles.addProperty("unk_token", SpecialToken.UNKNOWN.spelling());
        JsonArray markers = new JsonArray();
        for (SpecialToken marker : List.of(SpecialToken.SYSTEM, SpecialToken.USER, SpecialToken.ASSISTANT)) {
            markers.add(marker.spelling());
        }
        roles.add("additional_special_tokens", markers);
        return roles;
    }

    private static JsonObject vocabulary(List<String> learned) {
        JsonObject vocabulary = new JsonObject();
        for (SpecialToken special : SpecialToken.values()) {
            vocabulary.addProperty(special.spelling(), special.id());
        }
        for (String token : learned) {
            vocabulary.addProperty(token, vocabulary.size());
        }
        return vocabulary;
    }

    private static JsonObject typed(String type) {
        JsonObject object = new JsonObject();
        object.addProperty("type", type);
        return object;
    }
}
