package dev.rehearse.networks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A {@link TokenBatch} as tensors: sequences padded on the right, and flat positions in what the states are read from.
 *
 * @param sequences ids (B, T) i64; of an encoder and a decoder, for R turns: the encoder's ids (R, S), their true lengths
 *     (R), the decoder's ids (R, T)
 * @param states (N) where each action is decided, in (B·T) or (R·T)
 * @param valueStates (N + B) the same, then the state after each sequence's last token
 * @param actions (N) token ids
 */
record Rows(NDList sequences, NDArray states, NDArray valueStates, NDArray actions) {
    /** Lengths are rounded up to a multiple of this, so that few different shapes reach the kernels. */
    private static final int LENGTH_BUCKET = 4;

    static Rows of(PtNDManager scope, TokenBatch batch, Architecture architecture) {
        int context = architecture.contextLength();
        if (batch.longest() > context) {
            throw new IllegalArgumentException(
                    "a sequence of " + batch.longest() + " tokens; the context holds " + context);
        }
        return switch (architecture.reading()) {
            case CAUSAL -> causal(scope, batch, context);
            case ENCODER_DECODER -> turns(scope, batch, context);
        };
    }

    private static Rows causal(PtNDManager scope, TokenBatch batch, int context) {
        NDArray ids = padded(scope, batch.tokens(), context);
        States states = new States(batch, ids.getShape().get(1));
        for (int b = 0; b < batch.size(); b++) {
            for (int position : batch.actions()[b]) {
                states.add(b, position - 1);
            }
            states.end(b, b, batch.tokens()[b].length - 1);
        }
        return states.rows(scope, new NDList(ids));
    }

    private static Rows turns(PtNDManager scope, TokenBatch batch, int context) {
        List<Turn> turns = new ArrayList<>();
        int[] first = new int[batch.size() + 1];
        for (int b = 0; b < batch.size(); b++) {
            turns.addAll(Turn.of(batch.tokens()[b], batch.actions()[b]));
            first[b + 1] = turns.size();
        }
        NDArray replies = padded(scope, turns.stream().map(Turn::reply).toArray(int[][]::new), context);
        States states = new States(batch, replies.getShape().get(1));
        for (int b = 0; b < batch.size(); b++) {
            for (int row = first[b]; row < first[b + 1]; row++) {
                Turn turn = turns.get(row);
                int actions = Math.min(turn.length(), turn.tokens().length - turn.start());
                for (int j = 0; j < actions; j++) {
                    states.add(row, j);
                }
            }
            int last = first[b + 1] - 1;
            states.end(b, last, turns.get(last).length() - 1);
        }
        NDArray sources = padded(scope, turns.stream().map(Turn::source).toArray(int[][]::new), context);
        NDArray lengths = scope.create(turns.stream().mapToLong(Turn::start).toArray());
        return states.rows(scope, new NDList(sources, lengths, replies));
    }

    /** Flat positions in (·, T) as they are found. */
    private static final class States {
        private final TokenBatch batch;
        private final long time;
        private final long[] states;
        private final long[] valueStates;
        private int count;

        States(TokenBatch batch, long time) {
            this.batch = batch;
            this.time = time;
            states = new long[batch.actionCount()];
            valueStates = new long[states.length + batch.size()];
        }

        void add(int row, int at) {
            states[count] = row * time + at;
            valueStates[count++] = row * time + at;
        }

        void end(int sequence, int row, int at) {
            valueStates[states.length + sequence] = row * time + at;
        }

        Rows rows(PtNDManager scope, NDList sequences) {
            long[] actions = new long[states.length];
            int n = 0;
            for (int b = 0; b < batch.size(); b++) {
                for (int position : batch.actions()[b]) {
                    actions[n++] = batch.tokens()[b][position];
                }
            }
            return new Rows(sequences, scope.create(states), scope.create(valueStates), scope.create(actions));
        }
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
        return new Rows(sequences, valueStates, valueStates, actions);
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
