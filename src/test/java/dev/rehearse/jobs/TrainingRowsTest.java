package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.text.Message;
import dev.rehearse.text.Role;
import dev.rehearse.training.Example;
import dev.rehearse.training.Example.Conversation;
import dev.rehearse.training.InvalidExampleException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainingRowsTest {
    private static final String CHAT =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"a\"}]}";
    private static final String QUESTION =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"answer\":{\"n\":[1,null]}}";

    @TempDir
    Path folder;

    private final TrainingRows rows = new TrainingRows(turns -> new Conversation.Chat(turns.stream()
            .map(turn -> new Message(Role.of(turn.role()), turn.content()))
            .toList()));

    @Test
    void readsMessagesAndEverythingElseAsTheItem() throws IOException {
        List<Example> read = read(QUESTION, JobMethod.Kind.REINFORCEMENT);
        assertThat(read).hasSize(1);
        assertThat(read.get(0).conversation()).isEqualTo(new Conversation.Chat(List.of(new Message(Role.USER, "q"))));
        Map<?, ?> answer = (Map<?, ?>) read.get(0).item().get("answer");
        assertThat((List<?>) answer.get("n")).hasSize(2).first().isEqualTo(1);
        assertThat(read.get(0).item()).containsOnlyKeys("answer");
    }

    @Test
    void joinsContentParts() throws IOException {
        String row = "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
                + "{\"type\":\"text\",\"text\":\"b\"}]}]}";
        assertThat(read(row, JobMethod.Kind.REINFORCEMENT).get(0).conversation())
                .isEqualTo(new Conversation.Chat(List.of(new Message(Role.USER, "ab"))));
    }

    @Test
    void readsPromptAndCompletion() throws IOException {
        String row = "{\"prompt\":\"h i\",\"completion\":\"HH AY\",\"word\":\"hi\"}";
        Example supervised = read(row, JobMethod.Kind.SUPERVISED).get(0);
        assertThat(supervised.conversation()).isEqualTo(new Conversation.Continuation("h i", "HH AY"));
        Example reinforcement = read(row, JobMethod.Kind.REINFORCEMENT).get(0);
        assertThat(reinforcement.conversation()).isEqualTo(new Conversation.Continuation("h i", ""));
        assertThat(reinforcement.item()).containsEntry("completion", "HH AY").containsEntry("word", "hi");
    }

    @Test
    void countsBlankLinesAndForgivesAByteOrderMarkAndWindowsLineEnds() throws IOException {
        List<Example> read = read("\uFEFF" + CHAT + "\r\n\r\n" + CHAT + "\r\n", JobMethod.Kind.SUPERVISED);
        assertThat(read).extracting(Example::line).containsExactly(1, 3);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {"prompt":                                               | not JSON
                    {"prompt":"a","prompt":"b"}                              | not JSON
                    [1]                                                      | expected a JSON object
                    {}                                                       | no 'messages'
                    {"messages":null}                                        | no 'messages'
                    {"messages":[]}                                          | expected a list of messages
                    {"messages":{"role":"user"}}                             | expected a list of messages
                    {"messages":["hi"]}                                      | 'messages[0]' is "hi"
                    {"messages":[{"content":"q"}]}                           | 'messages[0].role' is missing
                    {"messages":[{"role":"robot","content":"q"}]}            | not 'robot'
                    {"messages":[{"role":"user","content":7}]}               | 'messages[0].content' is 7
                    {"messages":[{"role":"user"}]}                           | 'messages[0].content' is missing
                    {"messages":[{"role":"user","content":[{"type":"image_url"}]}]} | only text is supported
                    {"messages":[{"role":"user","content":"q"}]}             | supervised needs 'assistant'
                    {"messages":[{"role":"assistant","content":"q","weight":0}]} | only 1 is supported
                    {"messages":[{"role":"assistant","content":"q","tool_calls":[]}]} | 'messages[0].tool_calls' is not supported
                    {"messages":[{"role":"assistant","content":"q"}],"tools":[{}]} | 'tools' are not supported
                    {"prompt":"a"}                                           | 'completion' is missing
                    {"prompt":"a","completion":""}                           | 'completion' is empty
                    {"prompt":["a"],"completion":"b"}                        | 'prompt' is ["a"]
                    """)
    void aBadRowIsNamedByItsLine(String row, String reason) {
        assertThatThrownBy(() -> read(CHAT + "\n" + row + "\n" + CHAT, JobMethod.Kind.SUPERVISED))
                .isInstanceOf(InvalidExampleException.class)
                .hasMessageStartingWith("line 2: ")
                .hasMessageContaining(reason);
    }

    @Test
    void reinforcementNeedsAUserWhoAsks() {
        assertThatThrownBy(() -> read(CHAT, JobMethod.Kind.REINFORCEMENT))
                .hasMessage("line 1: the last message has the role 'assistant'; reinforcement needs 'user'");
    }

    @Test
    void aFileWithoutRowsIsRefused() {
        assertThatThrownBy(() -> read("\n \n", JobMethod.Kind.SUPERVISED)).hasMessageContaining("no examples");
    }

    @Test
    void brokenUtf8IsRefused() throws IOException {
        Path file = folder.resolve("latin.jsonl");
        Files.write(file, (CHAT + "\n{\"prompt\":\"ä\"}").getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> rows.read(file, JobMethod.Kind.SUPERVISED)).hasMessage("line 2: not UTF-8");
    }

    @Test
    void anEndlessLineIsRefusedBeforeItFillsTheMemory() throws IOException {
        Path file = folder.resolve("long.jsonl");
        Files.write(file, new byte[LineReader.LONGEST_LINE_BYTES + 1]);
        assertThatThrownBy(() -> rows.check(file, JobMethod.Kind.SUPERVISED))
                .hasMessageContaining("line 1: longer than");
    }

    private List<Example> read(String content, JobMethod.Kind method) throws IOException {
        Path file = Files.writeString(folder.resolve("rows.jsonl"), content);
        rows.check(file, method);
        return rows.read(file, method);
    }
}
