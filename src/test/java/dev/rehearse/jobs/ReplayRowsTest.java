package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.text.Message;
import dev.rehearse.text.Role;
import dev.rehearse.training.Example.Conversation.Chat;
import dev.rehearse.training.InvalidExampleException;
import dev.rehearse.training.LoggedEpisode;
import dev.rehearse.training.LoggedEpisode.End;
import dev.rehearse.training.LoggedEpisode.Teaching;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplayRowsTest {
    private static final String REPLY =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"completion\":\"a\",\"reward\":0.5}";

    @TempDir
    Path folder;

    private final ReplayRows rows = new ReplayRows(turns -> new Chat(turns.stream()
            .map(turn -> new Message(Role.of(turn.role()), turn.content()))
            .toList()));

    private List<LoggedEpisode> read(String text) throws IOException {
        return rows.read(Files.writeString(folder.resolve("rows.jsonl"), text));
    }

    @Test
    void aReplyHasItsRewardAndEndsUnlessItWasCutOff() throws IOException {
        List<LoggedEpisode> read = read(REPLY + "\n\n" + REPLY.replace("0.5", "1,\"done\":false"));
        assertThat(read.get(0).dialogue().messages())
                .containsExactly(new Message(Role.USER, "q"), new Message(Role.ASSISTANT, "a"));
        assertThat(read.get(0).rewards()).containsExactly(0.5);
        assertThat(read).extracting(LoggedEpisode::end).containsExactly(End.DONE, End.CUT_OFF);
        assertThat(read).extracting(LoggedEpisode::line).containsExactly(1, 3);
    }

    @Test
    void aSequenceIsADialogueWithARewardForEachAction() throws IOException {
        LoggedEpisode read = read("{\"sequence\":[[\"w\",false],[\"x\",true],[\"y\",false],[\"z\",true]],"
                        + "\"reward\":[0,-1,0.0,2],\"done\":false}")
                .get(0);
        assertThat(read.dialogue().messages())
                .containsExactly(
                        new Message(Role.USER, "w"),
                        new Message(Role.ASSISTANT, "x"),
                        new Message(Role.USER, "y"),
                        new Message(Role.ASSISTANT, "z"));
        assertThat(read.rewards()).containsExactly(-1.0, 2.0);
        assertThat(read.end()).isEqualTo(End.OPEN);
        assertThat(read.teaching()).isEqualTo(Teaching.RECORD);
    }

    @Test
    void aRowMayBeADemonstration() throws IOException {
        assertThat(read(REPLY.replace("0.5", "1,\"demonstration\":true")).get(0).teaching())
                .isEqualTo(Teaching.DEMONSTRATION);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {"messages":                                                                  | not JSON
                    []                                                                            | expected a JSON object
                    {}                                                                            | no 'messages', and no 'sequence' either; allowed: {"messages"
                    {"prompt":"q","completion":"a","reward":1}                                    | no 'messages'
                    {"messages":[{"role":"user","content":"q"}],"reward":1}                       | 'completion' is missing
                    {"messages":[{"role":"user","content":"q"}],"completion":"a"}                 | 'reward' is missing; expected a finite number
                    {"messages":[{"role":"user","content":"q"}],"completion":"a","reward":"1"}    | 'reward' is "1"
                    {"messages":[{"role":"user","content":"q"}],"completion":"a","reward":1e39}   | expected a finite number
                    {"messages":[{"role":"user","content":"q"}],"completion":"a","reward":NaN}    | not JSON
                    {"messages":[{"role":"robot","content":"q"}],"completion":"a","reward":1}     | not 'robot'
                    {"messages":[{"role":"user","content":"q"}],"completion":"a","reward":1,"x":1} | 'x' is unknown here; allowed:
                    {"messages":[{"role":"user","content":"q"}],"completion":"a","reward":1,"done":1} | 'done' is 1; expected true or false
                    {"sequence":[],"reward":[],"done":true}                                       | has no action
                    {"sequence":[["a",true]],"reward":[],"done":true}                             | two lists of equal length
                    {"sequence":[["a",true]],"reward":1,"done":true}                              | two lists of equal length
                    {"sequence":[["a",true]],"done":true}                                         | two lists of equal length
                    {"sequence":[["a",1]],"reward":[0],"done":true}                               | 'sequence[0]' is ["a",1]; expected [text, true]
                    {"sequence":["a"],"reward":[0],"done":true}                                   | 'sequence[0]' is "a"
                    {"sequence":[["a",false],["b",true]],"reward":[1,0],"done":true}              | 'reward[0]' is 1.0 for a text that is no action; allowed: 0
                    {"sequence":[["a",true]],"reward":[null],"done":true}                         | 'reward[0]' is null
                    {"sequence":[["a",true]],"reward":[0]}                                        | 'done' is missing
                    """)
    void aBadRowIsNamedByItsLine(String row, String reason) {
        assertThatThrownBy(() -> read(REPLY + "\n" + row + "\n" + REPLY))
                .isInstanceOf(InvalidExampleException.class)
                .hasMessageStartingWith("line 2: ")
                .hasMessageContaining(reason);
    }

    @Test
    void anEmptyFileIsRefused() {
        assertThatThrownBy(() -> read("\n")).hasMessageContaining("no episodes");
    }
}
