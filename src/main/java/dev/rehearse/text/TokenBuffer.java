package dev.rehearse.text;

import java.util.Arrays;

/** Grows an {@link Encoded} piece by piece. Confined to one thread. */
final class TokenBuffer {
    private int[] ids = new int[64];
    private boolean[] actions = new boolean[64];
    private int size;

    void add(int[] piece, boolean areActions) {
        if (size + piece.length > ids.length) {
            int capacity = Math.max(size + piece.length, 2 * ids.length);
            ids = Arrays.copyOf(ids, capacity);
            actions = Arrays.copyOf(actions, capacity);
        }
        System.arraycopy(piece, 0, ids, size, piece.length);
        Arrays.fill(actions, size, size + piece.length, areActions);
        size += piece.length;
    }

    Encoded encoded() {
        return new Encoded(Arrays.copyOf(ids, size), Arrays.copyOf(actions, size));
    }
}
