package dev.rehearse.replay;

/**
 * A view of a drawn episode from one of its actions on: s the tokens before {@code position}, a the token there, and what
 * the next n actions brought. Only actions count as steps, with the reward and the discount of their own positions.
 *
 * <p>The n-step target is {@code reward + discount · V(s')} (Sutton and Barto 2018, section 7.1), s' the tokens before
 * {@code next}: the last step of a truncated episode bootstraps, the last of an ended one has discount 0. Immutable.
 *
 * @param next position of the action after those n; the row's length where none follows
 * @param reward Σ r of each, times the discounts of those before it
 * @param discount the product of their discounts
 */
public record Transition(int row, int position, int next, double reward, double discount) {
    /** As many steps as there are. */
    public static final int WHOLE_PATH = Integer.MAX_VALUE;

    /**
     * @param position of an action of this row
     * @param steps n, fewer where the episode has no more
     */
    public static Transition of(Batch batch, int row, int position, int steps) {
        if (row < 0 || row >= batch.rows()) {
            throw new IllegalArgumentException("row is " + row + ", must be between 0 and " + (batch.rows() - 1));
        }
        int base = row * batch.length();
        int length = batch.lengths()[row];
        if (position < 0 || position >= length || !batch.actionMask()[base + position]) {
            throw new IllegalArgumentException("position is " + position + ", must be that of an action");
        }
        if (steps < 1) {
            throw new IllegalArgumentException("steps is " + steps + ", must be at least 1");
        }
        double reward = 0;
        double discount = 1;
        int next = position;
        for (int step = 0; step < steps && next < length; step++) {
            reward += discount * batch.rewards()[base + next];
            discount *= batch.discounts()[base + next];
            next = actionFrom(batch, base, next + 1, length);
        }
        return new Transition(row, position, next, reward, discount);
    }

    private static int actionFrom(Batch batch, int base, int position, int length) {
        int t = position;
        while (t < length && !batch.actionMask()[base + t]) {
            t++;
        }
        return t;
    }
}
