package dev.rehearse.replay;

/**
 * Weights, their sum, and the leaf at any point of the running sum, in O(log n). Sixteen children per node: a node is two
 * cache lines, and the inner levels cost n/15 doubles.
 *
 * <p>A parent is always recomputed from its children, left to right, never adjusted by a difference: no error builds up,
 * and equal leaves give equal sums to the bit, whatever was written before. A leaf of weight 0 is empty. Guarded by its
 * memory's lock.
 */
final class SumTree {
    private static final int FAN_BITS = 4;
    private static final int FAN = 1 << FAN_BITS;

    private final int leaves;
    /** Level 0 holds the leaves; each level is padded with zeros to whole nodes; the last one is one node. */
    private final double[][] levels;

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
        filled += (weight > 0 ? 1 : 0) - (levels[0][leaf] > 0 ? 1 : 0);
        levels[0][leaf] = weight + 0.0; // −0.0 would be a second kind of empty
        int node = leaf >>> FAN_BITS;
        for (int level = 1; level < levels.length; level++) {
            levels[level][node] = sum(levels[level - 1], node);
            node >>>= FAN_BITS;
        }
        total = sum(levels[levels.length - 1], 0);
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
        double rest = point;
        int node = 0;
        for (int level = levels.length - 1; level >= 0; level--) {
            double[] weights = levels[level];
            int last = -1;
            boolean found = false;
            for (int child = node << FAN_BITS; child < (node + 1) << FAN_BITS && !found; child++) {
                if (weights[child] > 0) {
                    last = child;
                    found = rest < weights[child];
                    rest -= found ? 0 : weights[child];
                }
            }
            rest = found ? rest : Double.POSITIVE_INFINITY;
            node = last;
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
