package dev.rehearse.networks;

import java.util.Arrays;

/**
 * Sequences of different lengths with the positions that are actions. Arrays are not copied and must not change.
 *
 * @param tokens (B, T_b) token ids
 * @param actions (B, A_b) rising positions in {@code tokens[b]} of the tokens that were chosen, each at least 1: the
 *     state of the action at position t is everything before t
 */
public record TokenBatch(int[][] tokens, int[][] actions) {
    public TokenBatch {
        if (tokens.length != actions.length) {
            throw new IllegalArgumentException(tokens.length + " sequences but actions of " + actions.length);
        }
        for (int b = 0; b < tokens.length; b++) {
            for (int position : actions[b]) {
                if (position < 1 || position >= tokens[b].length) {
                    throw new IllegalArgumentException("sequence " + b + ": an action at position " + position
                            + "; allowed: 1 to " + (tokens[b].length - 1));
                }
            }
        }
    }

    public int size() {
        return tokens.length;
    }

    /** Action tokens in all sequences. */
    public int actionCount() {
        return Arrays.stream(actions).mapToInt(positions -> positions.length).sum();
    }

    /** The longest sequence's length. */
    public int longest() {
        return Arrays.stream(tokens).mapToInt(sequence -> sequence.length).max().orElse(0);
    }

    /** Sequences {@code from} (inclusive) to {@code to} (exclusive). */
    TokenBatch slice(int from, int to) {
        return new TokenBatch(Arrays.copyOfRange(tokens, from, to), Arrays.copyOfRange(actions, from, to));
    }
}
