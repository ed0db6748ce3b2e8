package dev.rehearse.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Directories as other projects publish them, made small. */
class ForeignTokenizerTest {
    @TempDir
    Path directory;

    @Test
    void gpt2NamesItsEndInTheNetworksConfiguration() throws IOException {
        byteLevel(added("<|endoftext|>", 300, true));
        write("config.json", "{\"eos_token_id\": 300}");
        try (Tokenizer tokenizer = Tokenizer.open(directory)) {
            assertThat(tokenizer.endId()).isEqualTo(300);
            assertThat(tokenizer.padId()).isEqualTo(300);
            assertThat(tokenizer.vocabularySize()).isEqualTo(301);
            assertThat(tokenizer.encode("<|endoftext|>")).hasSizeGreaterThan(1).doesNotContain(300);
            assertThat(tokenizer.decode(new int[] {'h', 'i', 300})).isEqualTo("hi");
        }
    }

    @Test
    void theTokenizersOwnConfigurationGoesBeforeTheGenerationsList() throws IOException {
        byteLevel(added("<end>", 300, true), added("<eot>", 301, true), added("<pad>", 302, true));
        write("generation_config.json", "{\"eos_token_id\": [301, 300], \"pad_token_id\": 302}");
        try (Tokenizer tokenizer = Tokenizer.open(directory)) {
            assertThat(tokenizer.endId()).isEqualTo(301);
        }
        write("tokenizer_config.json", "{\"eos_token\": {\"content\": \"<end>\"}}");
        try (Tokenizer tokenizer = Tokenizer.open(directory)) {
            assertThat(tokenizer.endId()).isEqualTo(300);
            assertThat(tokenizer.padId()).isEqualTo(302);
        }
    }

    @Test
    void otherAddedTokensAreStillReadFromTextUnderTheirIds() throws IOException {
        byteLevel(added("<end>", 300, true), added("<tool_call>", 305, false));
        write("config.json", "{\"eos_token_id\": 300}");
        try (Tokenizer tokenizer = Tokenizer.open(directory)) {
            assertThat(tokenizer.encode("a<tool_call>b")).containsExactly('a', 305, 'b');
            assertThat(tokenizer.decode(new int[] {'a', 305})).isEqualTo("a<tool_call>");
            assertThat(tokenizer.isSpecial(305)).isFalse();
        }
    }

    @Test
    void anEndTokenIsSpecialEvenWhereTheFileForgetsToSaySo() throws IOException {
        byteLevel(added("<end>", 300, false));
        write("tokenizer_config.json", "{\"eos_token\": \"<end>\"}");
        try (Tokenizer tokenizer = Tokenizer.open(directory)) {
            assertThat(tokenizer.encode("<end>")).doesNotContain(300);
            assertThat(tokenizer.isSpecial(300)).isTrue();
        }
    }

    @Test
    void chatMlIsRecognisedAndItsContentStaysText() throws IOException {
        byteLevel(added("<|im_start|>", 300, true), added("<|im_end|>", 301, true), added("<eos>", 302, true));
        write("tokenizer_config.json", "{\"eos_token\": \"<eos>\"}");
        try (Tokenizer tokenizer = Tokenizer.open(directory)) {
            ChatTemplate template = ChatTemplate.of(tokenizer);
            assertThat(template.endOfTurn()).isEqualTo(301);
            Encoded encoded = template.conversation(
                    List.of(new Message(Role.DEVELOPER, "<|im_end|>"), new Message(Role.ASSISTANT, "ok")));
            assertThat(shown(tokenizer, encoded.ids()))
                    .isEqualTo("<|im_start|>system\n<|im_end|><|im_end|>\n<|im_start|>assistant\nok<|im_end|>\n");
            assertThat(Arrays.stream(encoded.ids()).filter(tokenizer::isSpecial))
                    .containsExactly(300, 301, 300, 301);
            assertThat(shown(tokenizer, actions(encoded))).isEqualTo("ok<|im_end|>");
            assertThat(shown(tokenizer, template.prompt(List.of(new Message(Role.USER, "hi")))))
                    .isEqualTo("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n");
        }
    }

    @Test
    void aModelWithoutRolesIsSpokenToInPlainText() throws IOException {
        byteLevel(added("<eos>", 300, true));
        write("tokenizer_config.json", "{\"eos_token\": \"<eos>\"}");
        try (Tokenizer tokenizer = Tokenizer.open(directory)) {
            ChatTemplate template = ChatTemplate.of(tokenizer);
            Encoded encoded =
                    template.conversation(List.of(new Message(Role.USER, "hi"), new Message(Role.ASSISTANT, "ok")));
            assertThat(shown(tokenizer, encoded.ids())).isEqualTo("User: hi\nAssistant: ok<eos>\n");
            assertThat(shown(tokenizer, actions(encoded))).isEqualTo("ok<eos>");
            assertThat(shown(tokenizer, template.prompt(List.of(new Message(Role.TOOL, "5")))))
                    .isEqualTo("Tool: 5\nAssistant: ");
        }
    }

    @Test
    void llama3SpeaksByItsHeaders() throws IOException {
        byteLevel(
                added("<|start_header_id|>", 300, true),
                added("<|end_header_id|>", 301, true),
                added("<|eot_id|>", 302, true));
        write("tokenizer_config.json", "{\"eos_token\": \"<|eot_id|>\", \"chat_template\": \"{{ anything }}\"}");
        try (Tokenizer tokenizer = Tokenizer.open(directory)) {
            ChatTemplate template = ChatTemplate.of(tokenizer);
            assertThat(template.endOfTurn()).isEqualTo(302);
            assertThat(shown(tokenizer, template.prompt(List.of(new Message(Role.USER, "<|eot_id|>")))))
                    .isEqualTo("<|start_header_id|>user<|end_header_id|>\n\n<|eot_id|><|eot_id|>"
                            + "<|start_header_id|>assistant<|end_header_id|>\n\n");
            Encoded encoded =
                    template.conversation(List.of(new Message(Role.USER, "a"), new Message(Role.ASSISTANT, "b")));
            assertThat(shown(tokenizer, actions(encoded))).isEqualTo("b<|eot_id|>");
        }
    }

    @Test
    void zephyrIsKnownByItsTemplate() throws IOException {
        byteLevel(added("</s>", 300, true));
        write("tokenizer_config.json", "{\"eos_token\": \"</s>\"}");
        write(
                "chat_template.jinja",
                "{% if message['role'] == 'user' %}{{ '<|user|>\\n' + message['content'] + eos_token }}{% endif %}"
                        + "{{ '<|assistant|>' }}");
        try (Tokenizer tokenizer = Tokenizer.open(directory)) {
            ChatTemplate template = ChatTemplate.of(tokenizer);
            assertThat(shown(tokenizer, template.prompt(List.of(new Message(Role.USER, "hi")))))
                    .isEqualTo("<|user|>\nhi</s>\n<|assistant|>\n");
        }
    }

    @Test
    void aTemplateOfNoKnownFormIsNotGuessedAt() throws IOException {
        byteLevel(added("<eos>", 300, true));
        write("tokenizer_config.json", """
                {"eos_token": "<eos>", "chat_template": [{"name": "rag", "template": "x"},
                 {"name": "default", "template": "[INST] {{ messages[0].content }} [/INST]"}]}""");
        try (Tokenizer tokenizer = Tokenizer.open(directory)) {
            ChatTemplate template = ChatTemplate.of(tokenizer);
            assertThatThrownBy(() -> template.prompt(List.of(new Message(Role.USER, "hi"))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("the model's chat template is of no known form");
            assertThat(shown(tokenizer, template.prompt("hi"))).isEqualTo("hi");
        }
    }

    @Test
    void llamaFallsBackToBytesAndStartsItsTextsWithAToken() throws IOException {
        llama();
        try (Tokenizer tokenizer = Tokenizer.open(directory);
                HuggingFaceTokenizer library = HuggingFaceTokenizer.newInstance(directory.resolve("tokenizer.json"))) {
            int[] ids = tokenizer.encode("ab b你");
            assertThat(library.decode(Arrays.stream(ids).asLongStream().toArray(), true))
                    .isEqualTo("ab b你");
            assertThat(tokenizer.decode(ids)).isEqualTo("ab b你");
            assertThat(tokenizer.prefix()).containsExactly(1);
            assertThat(tokenizer.encode("</s>")).doesNotContain(2);
            assertThat(ChatTemplate.of(tokenizer).completion("a", "b").ids())
                    .startsWith(1)
                    .endsWith(2);
        }
    }

    @Test
    void aWordSpelledLikeASpecialTokenIsNotLookedUpWhole() throws IOException {
        JsonObject json = llama();
        json.getAsJsonObject("model").addProperty("ignore_merges", true);
        json.add("normalizer", null);
        write("tokenizer.json", json.toString());
        try (Tokenizer tokenizer = Tokenizer.open(directory)) {
            assertThat(tokenizer.encode("</s>")).hasSize(4).doesNotContain(2);
        }
    }

    @Test
    void aDirectoryWithoutTokenizerIsRefusedByName() {
        assertThatThrownBy(() -> Tokenizer.open(directory.resolve("nothing")))
                .isInstanceOf(UnusableTokenizerException.class)
                .hasMessageContaining("tokenizer of nothing cannot be used");
    }

    @Test
    void brokenFilesAndUnknownKindsAreRefusedWithTheReason() throws IOException {
        write("tokenizer.json", "{");
        assertThatThrownBy(() -> Tokenizer.open(directory)).isInstanceOf(UnusableTokenizerException.class);
        write("tokenizer.json", "{\"model\": {\"type\": \"Unigram\"}}");
        assertThatThrownBy(() -> Tokenizer.open(directory))
                .isInstanceOf(UnusableTokenizerException.class)
                .hasMessageEndingWith("model type must be BPE or WordLevel, not Unigram");
    }

    @Test
    void aModelWithoutEndTokenIsRefused() throws IOException {
        byteLevel();
        assertThatThrownBy(() -> Tokenizer.open(directory))
                .isInstanceOf(UnusableTokenizerException.class)
                .hasMessageContaining("no eos_token");
    }

    private static int[] actions(Encoded encoded) {
        return IntStream.range(0, encoded.ids().length)
                .filter(t -> encoded.actions()[t])
                .map(t -> encoded.ids()[t])
                .toArray();
    }

    private static String shown(Tokenizer tokenizer, int[] ids) {
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(tokenizer.token(id));
        }
        return text.toString();
    }

    /** 256 bytes whose ids are their values, no merges. */
    private void byteLevel(JsonObject... added) throws IOException {
        JsonObject vocabulary = new JsonObject();
        for (int b = 0; b < 256; b++) {
            vocabulary.addProperty(String.valueOf(ByteAlphabet.spelling(b)), b);
        }
        // Takes the ids up to 300, as merged tokens would.
        for (int id = 256; id < 300; id++) {
            vocabulary.addProperty("merged" + id, id);
        }
        JsonObject json = JsonParser.parseString("""
                        {"version": "1.0", "truncation": {"direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0},
                         "padding": null, "normalizer": null, "post_processor": null,
                         "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
                         "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
                         "model": {"type": "BPE", "dropout": null, "unk_token": null, "merges": []}}
                        """).getAsJsonObject();
        json.getAsJsonObject("model").add("vocab", vocabulary);
        json.add("added_tokens", array(added));
        write("tokenizer.json", json.toString());
    }

    private JsonObject llama() throws IOException {
        JsonObject vocabulary = new JsonObject();
        for (String token : List.of("<unk>", "<s>", "</s>")) {
            vocabulary.addProperty(token, vocabulary.size());
        }
        for (int b = 0; b < 256; b++) {
            vocabulary.addProperty(String.format("<0x%02X>", b), vocabulary.size());
        }
        for (String token : List.of("▁", "a", "b", "<", "/", "s", ">", "▁a", "▁ab", "▁b")) {
            vocabulary.addProperty(token, vocabulary.size());
        }
        JsonObject json = JsonParser.parseString("""
                        {"version": "1.0", "truncation": null, "padding": null, "pre_tokenizer": null,
                         "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
                           {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
                         "post_processor": {"type": "TemplateProcessing",
                           "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                           "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
                           "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
                         "decoder": {"type": "Sequence", "decoders": [
                           {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                           {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
                         "model": {"type": "BPE", "dropout": null, "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
                           "merges": ["▁ a", "▁a b", "▁ b"]}}
                        """).getAsJsonObject();
        json.getAsJsonObject("model").add("vocab", vocabulary);
        json.add("added_tokens", array(added("<unk>", 0, true), added("<s>", 1, true), added("</s>", 2, true)));
        write("tokenizer.json", json.toString());
        write("tokenizer_config.json", "{\"eos_token\": \"</s>\", \"pad_token\": null}");
        return json;
    }

    private static JsonObject added(String content, int id, boolean special) {
        JsonObject token = JsonParser.parseString(
                        "{\"single_word\": false, \"lstrip\": false, \"rstrip\": false, \"normalized\": false}")
                .getAsJsonObject();
        token.addProperty("id", id);
        token.addProperty("content", content);
        token.addProperty("special", special);
        return token;
    }

    private static JsonArray array(JsonElement... elements) {
        JsonArray array = new JsonArray();
        Arrays.stream(elements).forEach(array::add);
        return array;
    }

    private void write(String file, String text) throws IOException {
        Files.writeString(directory.resolve(file), text);
    }
}
