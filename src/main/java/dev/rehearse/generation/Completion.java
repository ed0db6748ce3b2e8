package dev.rehearse.generation;

import java.util.List;

/**
 * A whole reply.
 *
 * @param text what the tokens say, without special tokens and without the stop string
 * @param tokens every token that was chosen, the end token included when it was reached
 */
public record Completion(String text, List<GeneratedToken> tokens, FinishReason finishReason, int promptTokens) {
    public Completion {
        tokens = List.copyOf(tokens);
    }
}
