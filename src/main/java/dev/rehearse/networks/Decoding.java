package dev.rehearse.networks;

/**
 * State of many sequences that grow token by token, each in its slot. Thread-safe; calls are executed one
 * after the other.
 */
public interface Decoding extends AutoCloseable {
    int slots();

    /** Most tokens of one sequence. */
    int capacity();

    /**
     * Reads whole prompts into slots and chooses the token after each.
     *
     * @param slots (B) distinct slots; what was in them is overwritten
     * @param prompts (B, T_b) token ids
     */
    Choice prefill(int[] slots, int[][] prompts, Choosing choosing);

    /** Whether prompts may be read in pieces, and begin with what another slot has read. */
    default boolean readsInPieces() {
        return true;
    }

    /**
     * Reads more tokens of one sequence, and chooses the token after them.
     *
     * @param slot where the sequence's first {@code start} tokens have been read
     * @param tokens (T) those that follow, at least one
     * @param choosing for one row
     * @throws UnsupportedOperationException unless {@link #readsInPieces}
     */
    Choice extend(int slot, int start, int[] tokens, Choosing choosing);

    /**
     * Reads more tokens of one sequence, and says how probable each of those that follow is.
     *
     * @param slot where the sequence's first {@code start} tokens have been read
     * @param tokens (T) those that follow, at least one
     * @param next (T) the token after each
     * @param scoring of what policy, and how much of it
     * @throws UnsupportedOperationException unless {@link #readsInPieces}
     */
    Scores score(int slot, int start, int[] tokens, int[] next, Scoring scoring);

    /**
     * Gives one slot the state of the first {@code length} tokens of another; all that it has read unless
     * {@link #readsInPieces}.
     */
    void copy(int from, int to, int length);

    /**
     * Reads one token into each of the slots 0 … B−1 and chooses the token after it.
     *
     * @param tokens (B) the token to read
     * @param positions (B) where it stands in its sequence
     * @param meanwhile what the caller's thread does while the device works; must not throw
     */
    Choice decode(int[] tokens, int[] positions, Choosing choosing, Runnable meanwhile);

    /** As above; the caller's thread only waits. */
    default Choice decode(int[] tokens, int[] positions, Choosing choosing) {
        return decode(tokens, positions, choosing, () -> {});
    }

    @Override
    void close();

    /** How the next tokens are chosen. */
    sealed interface Choosing {
        /**
         * From the policy, each row in its own way.
         *
         * @param temperature (B) 0 is greedy
         * @param topK (B) 0 keeps all
         * @param topP (B)
         * @param uniform (B) a number in [0, 1) that decides the draw
         * @param alternatives how many of the most probable tokens to report; 0 or more
         * @param edits what to change of the logits first
         * @param guidance how the network's Q heads take part
         */
        record Each(
                float[] temperature,
                int[] topK,
                float[] topP,
                float[] uniform,
                int alternatives,
                LogitEdits edits,
                Guidance guidance)
                implements Choosing {
            /** From logits as they are. */
            public Each(float[] temperature, int[] topK, float[] topP, float[] uniform, int alternatives) {
                this(temperature, topK, topP, uniform, alternatives, LogitEdits.NONE, Guidance.OWN);
            }
        }

        /**
         * From the behaviour policy (1 − ε)·π + ε·π₀, each truncated to {@code topK} at its own temperature; needs a
         * decoding made with a prior.
         *
         * @param uniform (B) a number in [0, 1) that decides the draw
         */
        record Explore(double epsilon, double temperature, double priorTemperature, int topK, float[] uniform)
                implements Choosing {}
    }

    /**
     * Changes of single logits before a choice: divided by {@code repetition} where positive, else multiplied by it
     * (Keskar et al. 2019, "CTRL", section 4.1), then moved by {@code shift}.
     *
     * @param rows (E) rows of the batch
     * @param tokens (E) distinct within a row
     * @param repetition (E) above 0; 1 changes nothing
     * @param shift (E) 0 changes nothing
     */
    record LogitEdits(int[] rows, int[] tokens, float[] repetition, float[] shift) {
        public static final LogitEdits NONE = new LogitEdits(new int[0], new int[0], new float[0], new float[0]);
    }

    /**
     * How Q heads take part in a choice, where the network has any.
     *
     * @param beta (B) β of log π + β·(Q − V), NaN for the network's own; empty for the network's own in every row
     * @param report whether Q and V are reported
     */
    record Guidance(float[] beta, Report report) {
        public static final Guidance OWN = new Guidance(new float[0], Report.NOTHING);

        /** What is said beside the choice. */
        public enum Report {
            NOTHING,
            VALUES
        }
    }

    /**
     * Q(s, a) of the token chosen and V(s) of the state it was chosen in, in standard deviations of the reward.
     *
     * @param q (B) of twin heads the smaller; empty when it was not asked for or there are no Q heads
     * @param v (B) as q
     */
    record Values(float[] q, float[] v) {
        public static final Values NONE = new Values(new float[0], new float[0]);
    }

    /**
     * What is wanted of scores.
     *
     * @param alternatives how many of the most probable tokens to report; 0 or more
     * @param beta NaN for the network's own
     */
    record Scoring(int alternatives, float beta) {}

    /**
     * How probable tokens were.
     *
     * @param logProbs (T) log π of each
     * @param topTokens (T, K) most probable tokens in its place, best first
     * @param topLogProbs (T, K) their log π
     */
    record Scores(float[] logProbs, int[][] topTokens, float[][] topLogProbs) {}

    /**
     * The tokens chosen.
     *
     * @param tokens (B)
     * @param logProbs (B) of {@code Each}: log π at temperature 1; of {@code Explore}: of the mixture drawn from
     * @param topTokens (B, K) most probable tokens, best first; no rows for {@code Explore}
     * @param topLogProbs (B, K) their log π
     */
    record Choice(int[] tokens, float[] logProbs, int[][] topTokens, float[][] topLogProbs, Values values) {
        /** Without values. */
        public Choice(int[] tokens, float[] logProbs, int[][] topTokens, float[][] topLogProbs) {
            this(tokens, logProbs, topTokens, topLogProbs, Values.NONE);
        }
    }
}
