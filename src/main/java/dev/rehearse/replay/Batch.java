package dev.rehearse.replay;

import java.util.Arrays;
import java.util.EnumSet;

/**
 * Where {@link ReplayMemory#draw} puts what it drew, for the caller to keep until it draws again. Rows are padded at the
 * end to the longest of them; B = {@link #rows}, T = {@link #length}.
 *
 * <p>A draw copies the episodes as the memory packs them; each (B, T) column is unpacked when it is first asked for, into
 * an array that the next draw overwrites. The columns are flat, position t of row b at b·T + t, and may be longer than
 * B·T: what lies behind is undefined. They grow to the largest batch seen and then stay. Padding is token 0, no action,
 * all else 0.
 *
 * <p>Confined to one thread at a time.
 */
public final class Batch {
    private final int capacity;
    private int rows;
    private int length;

    private EpisodeLayout layout = new EpisodeLayout(1);
    /** The episodes as they are packed, row b from starts[b] on. */
    private int[] words = new int[0];

    private final int[] starts;

    private enum Column {
        TOKENS,
        ACTION_MASK,
        REWARDS,
        DISCOUNTS,
        PRIOR,
        BEHAVIOUR
    }

    /** Since the last draw. */
    private final EnumSet<Column> unpacked = EnumSet.noneOf(Column.class);

    private int[] tokens = new int[0];
    private boolean[] actionMask = new boolean[0];
    private float[] rewards = new float[0];
    private float[] discounts = new float[0];
    private float[] priorLogProbs = new float[0];
    private float[] behaviourLogProbs = new float[0];

    private final int[] lengths;
    private final int[] ages;
    private final float[] weights;
    private final long[] numbers;
    private final Source[] sources;
    /** As drawn, before they are divided by the largest. */
    private final double[] rawWeights;

    private final double[] priorities;

    /** @param capacity the rows a draw fills */
    public Batch(int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity is " + capacity + ", must be at least 1");
        }
        this.capacity = capacity;
        this.starts = new int[capacity + 1];
        this.lengths = new int[capacity];
        this.ages = new int[capacity];
        this.weights = new float[capacity];
        this.numbers = new long[capacity];
        this.sources = new Source[capacity];
        this.rawWeights = new double[capacity];
        this.priorities = new double[capacity];
        Arrays.fill(sources, Source.ONLINE);
    }

    public int capacity() {
        return capacity;
    }

    /** B: the capacity, or fewer when the limits on reuse left no more to draw, even none. */
    public int rows() {
        return rows;
    }

    /** T: tokens of the longest row. */
    public int length() {
        return length;
    }

    /** (B, T). */
    public int[] tokens() {
        if (unpacked.add(Column.TOKENS)) {
            tokens = tokens.length < area() ? new int[area()] : tokens;
            for (int row = 0; row < rows; row++) {
                layout.unpackTokens(words, starts[row], tokens, row * length);
                Arrays.fill(tokens, row * length + lengths[row], (row + 1) * length, 0);
            }
        }
        return tokens;
    }

    /** (B, T), true where the token was an action. */
    public boolean[] actionMask() {
        if (unpacked.add(Column.ACTION_MASK)) {
            actionMask = actionMask.length < area() ? new boolean[area()] : actionMask;
            for (int row = 0; row < rows; row++) {
                layout.unpackMask(words, starts[row], actionMask, row * length);
                Arrays.fill(actionMask, row * length + lengths[row], (row + 1) * length, false);
            }
        }
        return actionMask;
    }

    /** (B, T). */
    public float[] rewards() {
        rewards = unpack(Column.REWARDS, EpisodeLayout::unpackRewards, rewards);
        return rewards;
    }

    /** (B, T). */
    public float[] discounts() {
        discounts = unpack(Column.DISCOUNTS, EpisodeLayout::unpackDiscounts, discounts);
        return discounts;
    }

    /** (B, T), in nats, 0 where there was no action. */
    public float[] priorLogProbs() {
        priorLogProbs = unpack(Column.PRIOR, EpisodeLayout::unpackPrior, priorLogProbs);
        return priorLogProbs;
    }

    /** (B, T), in nats, 0 where there was no action; to a relative 2⁻¹¹, as it is kept in 16 bits. */
    public float[] behaviourLogProbs() {
        behaviourLogProbs = unpack(Column.BEHAVIOUR, EpisodeLayout::unpackBehaviour, behaviourLogProbs);
        return behaviourLogProbs;
    }

    @FunctionalInterface
    private interface Unpacking {
        void unpack(EpisodeLayout layout, int[] words, int at, float[] into, int base);
    }

    private float[] unpack(Column column, Unpacking unpacking, float[] before) {
        if (!unpacked.add(column)) {
            return before;
        }
        float[] into = before.length < area() ? new float[area()] : before;
        for (int row = 0; row < rows; row++) {
            unpacking.unpack(layout, words, starts[row], into, row * length);
            Arrays.fill(into, row * length + lengths[row], (row + 1) * length, 0);
        }
        return into;
    }

    private int area() {
        return Math.multiplyExact(rows, length);
    }

    /** (B): tokens of each row without padding. */
    public int[] lengths() {
        return lengths;
    }

    /** (B): policy versions since the episode was made; 0 for what was shown. */
    public int[] ages() {
        return ages;
    }

    /** (B): importance weights, the largest 1. */
    public float[] weights() {
        return weights;
    }

    public EpisodeHandle handle(int row) {
        return new EpisodeHandle(numbers[row]);
    }

    public Source source(int row) {
        return sources[row];
    }

    long number(int row) {
        return numbers[row];
    }

    /** What is drawn next is packed like this. */
    void clear(EpisodeLayout nextLayout) {
        layout = nextLayout;
        rows = 0;
        length = 0;
        unpacked.clear();
    }

    void add(long number, double rawWeight) {
        numbers[rows] = number;
        rawWeights[rows] = rawWeight;
        rows++;
    }

    int start(int row) {
        return starts[row];
    }

    /** The array that takes the row's words from its start on: this many, behind those of the rows before. */
    int[] room(int row, int count) {
        int end = Math.addExact(starts[row], count);
        if (words.length < end) {
            words = Arrays.copyOf(words, (int) Math.min(Integer.MAX_VALUE - 8L, 2L * end));
        }
        starts[row + 1] = end;
        return words;
    }

    /** What the words, which are there by now, do not say. */
    void describe(int row, int age, Source source) {
        lengths[row] = words[starts[row]];
        ages[row] = age;
        sources[row] = source;
        length = Math.max(length, lengths[row]);
    }

    /** (B) new priorities from the errors. */
    double[] priorities(float[] tdErrors, Sampling sampling) {
        if (tdErrors.length < area()) {
            throw new IllegalArgumentException(
                    "tdErrors has " + tdErrors.length + " entries, must have " + rows + " times " + length);
        }
        for (int row = 0; row < rows; row++) {
            priorities[row] = sampling.priority(layout.error(words, starts[row], tdErrors, row * length));
        }
        return priorities;
    }

    void normaliseWeights() {
        double largest = 0;
        for (int row = 0; row < rows; row++) {
            largest = Math.max(largest, rawWeights[row]);
        }
        for (int row = 0; row < rows; row++) {
            weights[row] = (float) (rawWeights[row] / largest);
        }
    }
}
