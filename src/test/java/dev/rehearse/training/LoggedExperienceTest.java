package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.rehearse.networks.TokenBatch;
import dev.rehearse.replay.Episode;
import dev.rehearse.replay.Source;
import dev.rehearse.text.Message;
import dev.rehearse.text.Role;
import dev.rehearse.training.Example.Conversation.Chat;
import dev.rehearse.training.LoggedEpisode.End;
import dev.rehearse.training.LoggedEpisode.Teaching;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens of the model: 2 ends a turn, 4 and 5 open the user's and the assistant's, 6 to 9 are the letters a to d. */
class LoggedExperienceTest {
    private static final float GAMMA = 0.5f;

    @TempDir
    Path directory;

    private StartingModel model;

    @BeforeEach
    void open() throws IOException {
        model = TinyModel.open(TinyModel.write(directory, "abcd"));
    }

    @AfterEach
    void close() {
        model.close();
    }

    /** Letters in turn of the user and the assistant, beginning with the user. */
    private static Chat chat(String... contents) {
        List<Message> messages = new ArrayList<>();
        for (String content : contents) {
            messages.add(new Message(messages.size() % 2 == 0 ? Role.USER : Role.ASSISTANT, content));
        }
        return new Chat(messages);
    }

    private static LoggedEpisode logged(Chat chat, List<Double> rewards, End end) {
        return new LoggedEpisode(3, chat, rewards, end, Teaching.RECORD);
    }

    private List<Episode> episodes(LoggedEpisode... rows) {
        List<Episode> episodes = new ArrayList<>();
        new LoggedExperience(List.of(rows), model.template(), TinyModel.CONTEXT)
                .forEach(model.network(), GAMMA, Recording.toTheEnd(), episodes::add);
        return episodes;
    }

    private Episode dialogue(End end) {
        return episodes(logged(chat("a", "b", "c", "d"), List.of(-1.0, 2.0), end))
                .get(0);
    }

    @Test
    void everyReplyIsLearnedWithItsClosingTokenAndNothingElse() {
        Episode episode = dialogue(End.DONE);
        assertThat(episode.tokens()).containsExactly(4, 6, 2, 5, 7, 2, 4, 8, 2, 5, 9, 2);
        assertThat(episode.actionMask())
                .containsExactly(false, false, false, false, true, true, false, false, false, false, true, true);
    }

    @Test
    void aRewardStandsAtTheLastTokenOfItsReply() {
        assertThat(dialogue(End.DONE).rewards()).containsExactly(0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 2);
    }

    @Test
    void onlyATrueEndHasNothingBehindIt() {
        assertThat(dialogue(End.DONE).discounts()[5]).isEqualTo(GAMMA);
        assertThat(dialogue(End.DONE).discounts()[11]).isZero();
        assertThat(dialogue(End.OPEN).discounts()[11]).isEqualTo(GAMMA);
    }

    @Test
    void anOpenDialogueEndsWhereTheAssistantSpeaksNext() {
        Episode episode =
                episodes(logged(chat("a", "b", "c"), List.of(1.0), End.OPEN)).get(0);
        assertThat(episode.tokens()).containsExactly(4, 6, 2, 5, 7, 2, 4, 8, 2, 5);
        assertThat(episode.rewards()[5]).isEqualTo(1);
    }

    @Test
    void aReplyThatWasCutOffHasNoClosingToken() {
        Episode episode =
                episodes(logged(chat("a", "bc"), List.of(1.0), End.CUT_OFF)).get(0);
        assertThat(episode.tokens()).containsExactly(4, 6, 2, 5, 7, 8);
        assertThat(episode.actionMask()).containsExactly(false, false, false, false, true, true);
        assertThat(episode.rewards()[5]).isEqualTo(1);
        assertThat(episode.discounts()[5]).isEqualTo(GAMMA);
    }

    @Test
    void anEarlierReplyWithoutARewardIsContext() {
        Episode episode = episodes(logged(chat("a", "b", "c", "d"), List.of(2.0), End.DONE))
                .get(0);
        assertThat(episode.actions()).isEqualTo(2);
        assertThat(episode.actionMask()[4]).isFalse();
        assertThat(episode.rewards()[11]).isEqualTo(2);
    }

    @Test
    void thePriorsLogProbabilitiesStandAtTheActionsWhateverTheOrderOfLengths() {
        List<Episode> episodes = episodes(
                logged(chat("a", "b", "c", "d"), List.of(1.0, 1.0), End.DONE),
                logged(chat("a", "b"), List.of(1.0), End.DONE));
        for (Episode episode : episodes) {
            int[] actions = IntStream.range(0, episode.length())
                    .filter(t -> episode.actionMask()[t])
                    .toArray();
            float[] expected = model.network()
                    .read(new TokenBatch(new int[][] {episode.tokens()}, new int[][] {actions}))
                    .logProbs()[0];
            for (int k = 0; k < actions.length; k++) {
                assertThat(episode.priorLogProbs()[actions[k]]).isCloseTo(expected[k], within(1e-5f));
            }
        }
        assertThat(episodes).extracting(Episode::length).containsExactly(12, 6);
    }

    @Test
    void aDemonstrationIsTaggedAsOne() {
        LoggedEpisode shown = new LoggedEpisode(1, chat("a", "b"), List.of(0.0), End.DONE, Teaching.DEMONSTRATION);
        assertThat(episodes(shown, logged(chat("a", "b"), List.of(0.0), End.DONE)))
                .extracting(Episode::source)
                .containsExactly(Source.DEMONSTRATION, Source.LOGGED);
    }

    @Test
    void aRowBeyondTheContextOrWithoutATokenIsNamedByItsLine() {
        String longer = "a".repeat(TinyModel.CONTEXT);
        assertThatThrownBy(() -> episodes(logged(chat("a", longer), List.of(1.0), End.DONE)))
                .isInstanceOf(InvalidExampleException.class)
                .hasMessageStartingWith("line 3: ")
                .extracting(e -> ((InvalidExampleException) e).part())
                .isEqualTo(InvalidExampleException.Part.REPLAY);
        assertThatThrownBy(() -> episodes(logged(chat("a", ""), List.of(1.0), End.CUT_OFF)))
                .hasMessage("line 3: the reply that was cut off has no token");
    }
}
