package dev.rehearse.text;

/**
 * Tokens of a training row and which of them the assistant chose. The arrays are the reader's own, not copies. Confined to whoever
 * holds it.
 *
 * @param ids (T), token ids
 * @param actions (T), true where the token is part of the assistant's reply, its closing end token included
 */
public record Encoded(int[] ids, boolean[] actions) {
    public Encoded {
        if (ids.length != actions.length) {
            throw new IllegalArgumentException(
                    "one action mark per token: " + ids.length + " tokens, " + actions.length + " marks");
        }
    }
}
