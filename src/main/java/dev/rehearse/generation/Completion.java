package dev.rehearse.generation;

import java.util.List;

/**
 * A whole reply.
 *
 * @param text what the tokens say, without special tokens and without the stop string
 * @param tokens every token that was chosen, the end token included when it was reached
 * @param prompt the prompt's tokens from the second on; empty unless asked for
 */
public record Completion(
        String text,
        List<GeneratedToken> tokens,
        FinishReason finishReason,
        int promptTokens,
        List<GeneratedToken> prompt) {
    public Completion {
        tokens = List.copyOf(tokens);
        prompt = List.copyOf(prompt);
    }

    /** Without a report of the prompt. */
    public Completion(String text, List<GeneratedToken> tokens, FinishReason finishReason, int promptTokens) {
        this(text, tokens, finishReason, promptTokens, List.of());
    }
}
