package dev.rehearse.training;

import dev.rehearse.grading.Grade;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One reply of many, for people to look at. Immutable.
 *
 * @param dialogue that it answers; empty where it continues a text
 * @param prompt the text that it continues; empty where it answers a dialogue
 * @param tokens its tokens, the end token included
 */
public record SampledReply(
        List<Turn> dialogue, String prompt, String completion, End end, Grade grade, List<Token> tokens) {

    public SampledReply {
        dialogue = List.copyOf(dialogue);
        tokens = List.copyOf(tokens);
    }

    /** One message before the reply. */
    public record Turn(String role, String content) {}

    /** Why it ended. */
    public enum End {
        /** The model chose its end token. */
        STOP,
        /** It came to the length limit. */
        LENGTH
    }

    /**
     * What the averaged weights, which are evaluated and served, say of one token. Q and V are in units of the reward;
     * before learning starts they are unknown.
     *
     * @param text of special tokens their spelling; empty within a character of several tokens
     * @param priorLogProb log π₀
     */
    public record Token(
            String text,
            double logProb,
            double priorLogProb,
            @Nullable Double value,
            @Nullable Double qValue) {}
}
