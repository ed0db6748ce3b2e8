package dev.rehearse.training;

import dev.rehearse.training.Example.Conversation.Chat;
import java.util.List;

/**
 * One row of a replay file: a dialogue that was held elsewhere, and what its replies were worth. Immutable.
 *
 * @param line where it stands in its file, counted from 1
 * @param rewards finite, one for each of the last {@code rewards.size()} messages of the assistant, in order: these are
 *     the replies to learn; an earlier reply is context. A reward belongs to the last token of its reply
 * @param teaching whether its replies are also worth imitating, whatever their rewards
 */
public record LoggedEpisode(int line, Chat dialogue, List<Double> rewards, End end, Teaching teaching) {
    public LoggedEpisode {
        rewards = List.copyOf(rewards);
        if (rewards.isEmpty()) {
            throw new IllegalArgumentException("rewards are none; allowed: one for each reply to learn, at least one");
        }
    }

    /** What came after the last message. */
    public enum End {
        /** Nothing: what follows is worth 0. */
        DONE,
        /** The last message is a reply that was cut off before its closing token; what follows is estimated by V. */
        CUT_OFF,
        /** The dialogue went on, but was not recorded; what follows is estimated by V. */
        OPEN
    }

    /** What the replies are taken for. */
    public enum Teaching {
        /** What somebody did, good or bad. */
        RECORD,
        /** What a teacher showed. */
        DEMONSTRATION
    }

    /** Whether several replies are learned. */
    boolean isMultiTurn() {
        return rewards.size() > 1;
    }

    /** Undiscounted. */
    double rewardSum() {
        return rewards.stream().mapToDouble(Double::doubleValue).sum();
    }
}
