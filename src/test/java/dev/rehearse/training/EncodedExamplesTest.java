package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.text.ChatTemplate;
import dev.rehearse.text.Message;
import dev.rehearse.text.Role;
import dev.rehearse.text.Tokenizer;
import dev.rehearse.text.TokenizerKind;
import dev.rehearse.text.TokenizerSpec;
import dev.rehearse.text.TokenizerTrainer;
import dev.rehearse.training.EncodedExamples.Sequence;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EncodedExamplesTest {
    @TempDir
    Path directory;

    private Tokenizer tokenizer;
    private ChatTemplate template;

    @BeforeEach
    void open() throws IOException {
        new TokenizerTrainer(new TokenizerSpec(TokenizerKind.CHAR, 64, false)).train(Stream.of("abcd"), 16, directory);
        tokenizer = Tokenizer.open(directory);
        template = ChatTemplate.of(tokenizer);
    }

    @AfterEach
    void close() {
        tokenizer.close();
    }

    private static Example chat(int line, Message... messages) {
        return new Example(line, new Example.Conversation.Chat(List.of(messages)), Map.of());
    }

    private static void assertRefused(Runnable encoding, int line, String reason) {
        assertThatThrownBy(encoding::run)
                .isInstanceOf(InvalidExampleException.class)
                .hasMessageStartingWith("line " + line + ": ")
                .hasMessageContaining(reason)
                .extracting(e -> ((InvalidExampleException) e).line())
                .isEqualTo(line);
    }

    @Test
    void theReplyAndItsEndAreActionsAndThePromptIsNot() {
        Sequence sequence = EncodedExamples.sequences(List.of(TinyModel.example(1, "ab", "cd")), template, 16)
                .get(0);
        assertThat(sequence.actions()).containsExactly(2, 3, 4);
        assertThat(tokenizer.decode(Arrays.copyOfRange(sequence.tokens(), 2, 4)))
                .isEqualTo("cd");
        assertThat(sequence.tokens()[4]).isEqualTo(tokenizer.endId());
    }

    @Test
    void aPromptIsTheStartOfTheSequenceThatTeachesIt() {
        Example example = TinyModel.example(1, "ab", "cd");
        int[] prompt = EncodedExamples.prompts(List.of(example), template, 16).get(0);
        int[] tokens =
                EncodedExamples.sequences(List.of(example), template, 16).get(0).tokens();
        assertThat(Arrays.copyOf(tokens, prompt.length)).isEqualTo(prompt);
    }

    @Test
    void aConversationAsLongAsTheContextFitsAndOneTokenMoreIsRefusedByItsLine() {
        List<Example> examples = List.of(TinyModel.example(1, "a", "b"), TinyModel.example(9, "ab", "cd"));
        assertThat(EncodedExamples.sequences(examples, template, 5)).hasSize(2);
        assertRefused(() -> EncodedExamples.sequences(examples, template, 4), 9, "5 tokens");
    }

    @Test
    void aConversationWithoutAReplyIsRefusedByItsLine() {
        List<Example> examples = List.of(chat(3, new Message(Role.USER, "ab")));
        assertRefused(() -> EncodedExamples.sequences(examples, template, 16), 3, "no reply");
    }

    @Test
    void aPromptThatLeavesNoRoomIsRefusedByItsLine() {
        List<Example> examples = List.of(TinyModel.question(1, "ab", ""), TinyModel.question(4, "abc", ""));
        assertThat(EncodedExamples.prompts(examples, template, 4)).hasSize(2);
        assertRefused(() -> EncodedExamples.prompts(examples, template, 3), 4, "a prompt of 3 tokens; allowed: 1 to 2");
    }

    @Test
    void anEmptyPromptIsRefusedByItsLine() {
        assertRefused(
                () -> EncodedExamples.prompts(List.of(TinyModel.question(2, "", "")), template, 16),
                2,
                "a prompt of 0 tokens");
    }

    @Test
    void allTextOfBothFormsTrainsTheTokenizer() {
        assertThat(EncodedExamples.texts(List.of(
                        TinyModel.example(1, "ab", "cd"),
                        chat(2, new Message(Role.USER, "q"), new Message(Role.ASSISTANT, "r")))))
                .containsExactly("ab", "cd", "q", "r");
    }
}
