package dev.rehearse.networks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One reply of a sequence as an encoder and a decoder read it: the encoder all tokens before it, the decoder the last of
 * those and then the reply. Decoder states j = 0 … {@code length} − 1 are what stands before position {@code start} + j.
 * Immutable.
 *
 * @param tokens of the whole sequence
 * @param start position of the reply's first token, at least 1
 * @param length tokens that the decoder reads, at least 1
 */
record Turn(int[] tokens, int start, int length) {

    /**
     * A reply is a run of actions. What stands before an action that follows another one, or at the end of the sequence
     * after an action, is the decoder's state within that reply; elsewhere a new reply begins, for which the encoder
     * reads all again, as it does when the reply is generated.
     */
    static List<Turn> of(int[] tokens, int[] actions) {
        List<Turn> turns = new ArrayList<>();
        int k = 0;
        while (k < actions.length) {
            int start = actions[k];
            int end = start;
            while (k < actions.length && actions[k] == end) {
                k++;
                end++;
            }
            // Before the last action, unless the state after it is asked for: that of the sequence's end.
            turns.add(new Turn(tokens, start, end == tokens.length ? end - start + 1 : end - start));
        }
        boolean open = actions.length == 0 || actions[actions.length - 1] < tokens.length - 1;
        if (open) {
            turns.add(new Turn(tokens, tokens.length, 1));
        }
        return turns;
    }

    /** How many there are, without making them. */
    static int count(int[] tokens, int[] actions) {
        int count = actions.length == 0 || actions[actions.length - 1] < tokens.length - 1 ? 1 : 0;
        for (int k = 0; k < actions.length; k++) {
            count += k == 0 || actions[k] != actions[k - 1] + 1 ? 1 : 0;
        }
        return count;
    }

    /** What the encoder reads. */
    int[] source() {
        return Arrays.copyOf(tokens, start);
    }

    /** What the decoder reads. */
    int[] reply() {
        return Arrays.copyOfRange(tokens, start - 1, start - 1 + length);
    }
}
