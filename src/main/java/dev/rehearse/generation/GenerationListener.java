package dev.rehearse.generation;

import java.util.List;

/**
 * Hears how one reply grows. Called by the scheduler's thread, in order, and must not block: hand the news on.
 * Exactly one of {@link #finished} and {@link #failed} is the last call, unless the request is cancelled; then no
 * call follows.
 */
public interface GenerationListener {
    /** It waits no longer: the prompt is being read. */
    default void admitted() {}

    /**
     * The prompt was read; before any {@link #progressed}, and only where it is reported.
     *
     * @param tokens the prompt's tokens from the second on
     */
    default void promptRead(List<GeneratedToken> tokens) {}

    /**
     * More of the reply is certain.
     *
     * @param text the new characters, never half of one, never part of a possible stop string; may be empty
     * @param tokens the tokens chosen since the last call; may be empty
     */
    void progressed(String text, List<GeneratedToken> tokens);

    /** The reply is complete; the concatenation of all progressed texts equals {@code completion.text()}. */
    void finished(Completion completion);

    /** The reply cannot be completed. */
    void failed(RuntimeException cause);
}
