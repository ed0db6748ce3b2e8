package dev.rehearse.grading;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The models that grade. Called by many threads. */
@FunctionalInterface
public interface ChatModels {
    /** @throws GraderUnavailable when the model cannot answer */
    Answer answer(Question question);

    /** What a model is asked. Immutable. */
    record Question(String model, List<Turn> turns, SamplingParams sampling) {
        public Question {
            turns = List.copyOf(turns);
        }
    }

    /**
     * One message.
     *
     * @param role {@code system}, {@code developer}, {@code user} or {@code assistant}
     */
    record Turn(String role, String content) {}

    /** What it said, and what that cost. */
    record Answer(String text, Tokens tokens) {}

    /**
     * How the grading model chooses its tokens; null is the grader's default: greedy, so that equal replies get equal
     * grades, and as many tokens as the context leaves, up to {@link #USUAL_TOKENS}.
     *
     * @param temperature 0 to 2; null and 0 are greedy
     * @param topP above 0, at most 1
     * @param seed of the draws; null is 0, for the same reason
     * @param reasoningEffort kept as it was given; models here do not reason
     */
    record SamplingParams(
            @Nullable Double temperature,
            @Nullable Double topP,
            @Nullable Integer seed,
            @Nullable Integer maxTokens,
            @Nullable String reasoningEffort) {
        /** Enough for a score with its reasons. */
        public static final int USUAL_TOKENS = 512;

        /** Nothing asked for. */
        public static final SamplingParams USUAL = new SamplingParams(null, null, null, null, null);
    }
}
