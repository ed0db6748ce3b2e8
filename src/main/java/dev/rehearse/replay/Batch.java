package dev.rehearse.replay;

import java.util.Arrays;

/**
 * Where {@link ReplayMemory#draw} puts what it drew: columns that the caller owns and each draw overwrites. Rows are
 * padded at the end to the longest of them; B = {@link #rows}, T = {@link #length}.
 *
 * <p>The (B, T) columns are flat, position t of row b at b·T + t, and may be longer than B·T: what lies behind is
 * undefined. They grow to the largest batch seen and then stay. Padding is token 0, no action, all else 0.
 *
 * <p>Confined to one thread at a time.
 */
public final class Batch {
    private final int capacity;
    private int rows;
    private int length;

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

    /** @param capacity the rows a draw fills */
    public Batch(int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity is " + capacity + ", must be at least 1");
        }
        this.capacity = capacity;
        this.lengths = new int[capacity];
        this.ages = new int[capacity];
        this.weights = new float[capacity];
        this.numbers = new long[capacity];
        this.sources = new Source[capacity];
        this.rawWeights = new double[capacity];
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
        return tokens;
    }

    /** (B, T), true where the token was an action. */
    public boolean[] actionMask() {
        return actionMask;
    }

    /** (B, T). */
    public float[] rewards() {
        return rewards;
    }

    /** (B, T). */
    public float[] discounts() {
        return discounts;
    }

    /** (B, T), in nats, 0 where there was no action. */
    public float[] priorLogProbs() {
        return priorLogProbs;
    }

    /** (B, T), in nats, 0 where there was no action; to a relative 2⁻¹¹, as it is kept in 16 bits. */
    public float[] behaviourLogProbs() {
        return behaviourLogProbs;
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

    void clear() {
        rows = 0;
        length = 0;
    }

    void add(long number, double rawWeight) {
        numbers[rows] = number;
        rawWeights[rows] = rawWeight;
        rows++;
    }

    void describe(int row, int tokenCount, int age, Source source) {
        lengths[row] = tokenCount;
        ages[row] = age;
        sources[row] = source;
        length = Math.max(length, tokenCount);
    }

    /** Makes room for (B, T) once both are known. */
    void makeRoom() {
        int needed = Math.multiplyExact(rows, length);
        if (tokens.length < needed) {
            tokens = new int[needed];
            actionMask = new boolean[needed];
            rewards = new float[needed];
            discounts = new float[needed];
            priorLogProbs = new float[needed];
            behaviourLogProbs = new float[needed];
        }
    }

    void pad(int row) {
        int from = row * length + lengths[row];
        int to = (row + 1) * length;
        Arrays.fill(tokens, from, to, 0);
        Arrays.fill(actionMask, from, to, false);
        Arrays.fill(rewards, from, to, 0);
        Arrays.fill(discounts, from, to, 0);
        Arrays.fill(priorLogProbs, from, to, 0);
        Arrays.fill(behaviourLogProbs, from, to, 0);
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
