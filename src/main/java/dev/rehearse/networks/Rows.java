package dev.rehearse.networks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import java.util.Arrays;

/**
 * A {@link TokenBatch} as tensors: ids (B, T) padded on the right, and flat positions in (B·T).
 *
 * @param ids (B, T) i64
 * @param states (N) where each action is decided: the position before it
 * @param valueStates (N + B') the same, then the state after each sequence's last token
 * @param actions (N) token ids
 */
record Rows(NDArray ids, NDArray states, NDArray valueStates, NDArray actions) {
    /** Lengths are rounded up to a multiple of this, so that few different shapes reach the kernels. */
    private static final int LENGTH_BUCKET = 4;

    /** {@code context} bounds T: beyond it there are no positions. */
    static Rows of(PtNDManager scope, TokenBatch batch, int context) {
        if (batch.longest() > context) {
            throw new IllegalArgumentException(
                    "a sequence of " + batch.longest() + " tokens; the context holds " + context);
        }
        NDArray ids = padded(scope, batch.tokens(), context);
        int time = (int) ids.getShape().get(1);
        int count = batch.actionCount();
        long[] states = new long[count];
        long[] actions = new long[count];
        long[] valueStates = new long[count + batch.size()];
        int n = 0;
        for (int b = 0; b < batch.size(); b++) {
            int[] tokens = batch.tokens()[b];
            for (int position : batch.actions()[b]) {
                states[n] = b * (long) time + position - 1;
                valueStates[n] = states[n];
                actions[n++] = tokens[position];
            }
            valueStates[count + b] = b * (long) time + tokens.length - 1;
        }
        return new Rows(ids, scope.create(states), scope.create(valueStates), scope.create(actions));
    }

    /** Sequences padded on the right to a common length of at most {@code context}, (B, T). */
    static NDArray padded(PtNDManager scope, int[][] sequences, int context) {
        int longest =
                Arrays.stream(sequences).mapToInt(tokens -> tokens.length).max().orElse(0);
        int time = Math.min(context, (longest + LENGTH_BUCKET - 1) / LENGTH_BUCKET * LENGTH_BUCKET);
        long[] ids = new long[sequences.length * time];
        for (int b = 0; b < sequences.length; b++) {
            for (int t = 0; t < sequences[b].length; t++) {
                ids[b * time + t] = sequences[b][t];
            }
        }
        return scope.create(ids, new Shape(sequences.length, time));
    }

    /** Splits numbers of the actions (N) into the batch's sequences, (B, A_b). */
    static float[][] splitActions(TokenBatch batch, float[] numbers) {
        float[][] split = new float[batch.size()][];
        int n = 0;
        for (int b = 0; b < batch.size(); b++) {
            int length = batch.actions()[b].length;
            split[b] = Arrays.copyOfRange(numbers, n, n + length);
            n += length;
        }
        return split;
    }

    /** Splits numbers of the states (N + B) into the batch's sequences, (B, A_b + 1). */
    static float[][] splitStates(TokenBatch batch, float[] numbers) {
        float[][] split = splitActions(batch, numbers);
        int count = batch.actionCount();
        for (int b = 0; b < split.length; b++) {
            int length = split[b].length;
            split[b] = Arrays.copyOf(split[b], length + 1);
            split[b][length] = numbers[count + b];
        }
        return split;
    }

    /** The same rows, with log π wanted in every state instead of the actions' alone. */
    Rows everywhere() {
        return new Rows(ids, valueStates, valueStates, actions);
    }

    /** Joins (B, A_b) into (N). */
    static float[] join(float[][] bySequence, int from, int to) {
        int count = 0;
        for (int b = from; b < to; b++) {
            count += bySequence[b].length;
        }
        float[] joined = new float[count];
        int n = 0;
        for (int b = from; b < to; b++) {
            System.arraycopy(bySequence[b], 0, joined, n, bySequence[b].length);
            n += bySequence[b].length;
        }
        return joined;
    }

    /** Repeats each sequence's number for each of its actions, (N). */
    static float[] spread(TokenBatch batch, float[] bySequence, int from) {
        float[] spread = new float[batch.actionCount()];
        int n = 0;
        for (int b = 0; b < batch.size(); b++) {
            for (int k = 0; k < batch.actions()[b].length; k++) {
                spread[n++] = bySequence[from + b];
            }
        }
        return spread;
    }
}
