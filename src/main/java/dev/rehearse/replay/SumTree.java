package dev.rehearse.replay;

/**
 * Weights, their sum, and the leaf at any point of the running sum, in O(log n). Sixteen children per node: a node is two
 * cache lines, and the inner levels cost n/15 doubles.
 *
 * <p>A parent is always recomputed from its children, left to right, never adjusted by a difference: no error builds up,
 * and equal leaves give equal sums to the bit, whatever was written before. That is put off until a sum is asked for:
 * leaves written one beside the other, as new episodes are, then cost their node once. A leaf of weight 0 is empty.
 * Guarded by its memory's lock.
 */
final class SumTree {
    private static final int FAN_BITS = 4;
    private static final int FAN = 1 << FAN_BITS;
    private static final int MOST_STALE = 1 << 10;

    private final int leaves;
    /** Level 0 holds the leaves; each level is padded with zeros to whole nodes; the last one is one node. */
    private final double[][] levels;

    /** The nodes of leaves whose sums are still to be recomputed, some of them perhaps twice. */
    private final int[] stale = new int[MOST_STALE];

    private int staleCount;
    private double total;
    private int filled;

    SumTree(int leaves) {
        if (leaves < 1) {
            throw new IllegalArgumentException("leaves is " + leaves + ", must be at least 1");
        }
        this.leaves = leaves;
        this.levels = new double[depth(leaves)][];
        int width = leaves;
        for (int level = 0; level < levels.length; level++) {
            int nodes = (width + FAN - 1) / FAN;
            levels[level] = new double[nodes * FAN];
            width = nodes;
        }
    }

    /** The memory a tree of this many leaves takes. */
    static long bytes(int leaves) {
        long doubles = 0;
        long width = leaves;
        do {
            width = (width + FAN - 1) / FAN;
            doubles += width * FAN;
        } while (width > 1);
        return doubles * Double.BYTES;
    }

    double total() {
        refresh();
        return total;
    }

    /** How many leaves are not empty. */
    int filled() {
        return filled;
    }

    double get(int leaf) {
        return levels[0][leaf];
    }

    void set(int leaf, double weight) {
        if (leaf < 0 || leaf >= leaves) {
            throw new IllegalArgumentException("leaf is " + leaf + ", must be between 0 and " + (leaves - 1));
        }
        if (!(weight >= 0 && weight <= Double.MAX_VALUE)) {
            throw new IllegalArgumentException("weight is " + weight + ", must be finite and at least 0");
        }
        double before = levels[0][leaf];
        if (before != weight) {
            filled += (weight > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
            levels[0][leaf] = weight;
            outdate(leaf >>> FAN_BITS);
        }
    }

    private void outdate(int node) {
        if (staleCount > 0 && stale[staleCount - 1] == node) {
            return;
        }
        if (staleCount == MOST_STALE) {
            refresh();
        }
        stale[staleCount++] = node;
    }

    /** Level by level, so that the sums of one level do not wait for each other. */
    private void refresh() {
        if (staleCount == 0) {
            return;
        }
        for (int level = 1; level < levels.length; level++) {
            int parents = 0;
            for (int i = 0; i < staleCount; i++) {
                int node = stale[i];
                levels[level][node] = sum(levels[level - 1], node);
                int parent = node >>> FAN_BITS;
                if (parents == 0 || stale[parents - 1] != parent) {
                    stale[parents++] = parent;
                }
            }
            staleCount = parents;
        }
        total = sum(levels[levels.length - 1], 0);
        staleCount = 0;
    }

    /**
     * The leaf that holds this point of the running sum. Rounding may carry a point past the last leaf, which then is the
     * last one that is not empty: an empty leaf is never returned.
     *
     * @param point from 0 to {@link #total()}
     */
    int find(double point) {
        if (filled == 0) {
            throw new IllegalStateException("every leaf is empty, one at least must have a weight");
        }
        refresh();
        double rest = point;
        int node = 0;
        for (int level = levels.length - 1; level >= 0; level--) {
            double[] weights = levels[level];
            int child = node << FAN_BITS;
            int last = child + FAN - 1;
            while (child < last && rest >= weights[child]) {
                rest -= weights[child++];
            }
            if (rest >= weights[child]) {
                rest = Double.POSITIVE_INFINITY; // past the end: from here on the last that is not empty
                while (weights[child] == 0) {
                    child--;
                }
            }
            node = child;
        }
        return node;
    }

    private static double sum(double[] weights, int node) {
        double sum = 0;
        for (int child = node << FAN_BITS; child < (node + 1) << FAN_BITS; child++) {
            sum += weights[child];
        }
        return sum;
    }

    private static int depth(int leaves) {
        int depth = 1;
        for (int width = (leaves + FAN - 1) / FAN; width > 1; width = (width + FAN - 1) / FAN) {
            depth++;
        }
        return depth;
    }
}
