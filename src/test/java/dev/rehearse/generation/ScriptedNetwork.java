package dev.rehearse.generation;

import dev.rehearse.networks.Architecture;
import dev.rehearse.networks.Blueprint;
import dev.rehearse.networks.Decoding;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.Fit;
import dev.rehearse.networks.LearningRates;
import dev.rehearse.networks.Objective;
import dev.rehearse.networks.QNetwork;
import dev.rehearse.networks.Readings;
import dev.rehearse.networks.Support;
import dev.rehearse.networks.TokenBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Semaphore;

/** A network that says prepared replies: prompt {i, …} is answered by the i-th. Each step waits for a permit. */
final class ScriptedNetwork implements QNetwork {
    private static final int VOCABULARY = 64;
    private static final int PLENTY = 1 << 20;

    private final List<int[]> replies;
    private final Semaphore steps = new Semaphore(0);
    private final Semaphore begun = new Semaphore(0);
    final List<Integer> rowsOfSteps = Collections.synchronizedList(new ArrayList<>());
    /** Tokens of each piece of a prompt that was read on its own. */
    final List<Integer> pieces = Collections.synchronizedList(new ArrayList<>());

    /** Tokens of each piece of a prompt that was scored. */
    final List<Integer> scored = Collections.synchronizedList(new ArrayList<>());

    /** Whether the caller does something else while a step is made. */
    volatile boolean meanwhile;

    volatile Throwable failure;
    volatile boolean closed;
    volatile boolean decodingClosed;

    ScriptedNetwork(List<int[]> replies) {
        this.replies = replies;
    }

    /** Lets this many steps happen. */
    void allow(int count) {
        steps.release(count);
    }

    void allowAll() {
        steps.release(PLENTY);
    }

    /** Waits until a step has begun that was not waited for before. */
    void awaitStep() throws InterruptedException {
        begun.acquire();
    }

    @Override
    public Decoding decoding(int slots, int capacity, Device.Priority priority) {
        return new Script(slots, capacity);
    }

    private final class Script implements Decoding {
        private final int capacity;
        private final int[] saying;
        private final int[] promptLengths;

        Script(int slots, int capacity) {
            this.capacity = capacity;
            saying = new int[slots];
            promptLengths = new int[slots];
        }

        @Override
        public int slots() {
            return saying.length;
        }

        @Override
        public int capacity() {
            return capacity;
        }

        @Override
        public Choice prefill(int[] slots, int[][] prompts, Choosing choosing) {
            step(slots.length);
            int[] tokens = new int[slots.length];
            for (int row = 0; row < slots.length; row++) {
                saying[slots[row]] = prompts[row][0];
                promptLengths[slots[row]] = prompts[row].length;
                tokens[row] = replies.get(prompts[row][0])[0];
            }
            return choice(tokens, choosing);
        }

        @Override
        public Choice extend(int slot, int start, int[] tokens, Choosing choosing) {
            step(1);
            pieces.add(tokens.length);
            if (start == 0) {
                saying[slot] = tokens[0];
            }
            promptLengths[slot] = start + tokens.length;
            return choice(new int[] {replies.get(saying[slot])[0]}, choosing);
        }

        /** The token {@code t} has log-probability {@code -t}. */
        @Override
        public Scores score(int slot, int start, int[] tokens, int[] next, Scoring scoring) {
            step(1);
            scored.add(tokens.length);
            if (start == 0) {
                saying[slot] = tokens[0];
            }
            float[] logProbs = new float[next.length];
            for (int i = 0; i < next.length; i++) {
                logProbs[i] = -next[i];
            }
            return new Scores(
                    logProbs,
                    tops(next.length, scoring.alternatives()),
                    new float[next.length][scoring.alternatives()]);
        }

        @Override
        public void copy(int from, int to, int length) {
            saying[to] = saying[from];
            promptLengths[to] = promptLengths[from];
        }

        @Override
        public Choice decode(int[] tokens, int[] positions, Choosing choosing, Runnable whatElse) {
            meanwhile = true;
            whatElse.run();
            meanwhile = false;
            step(tokens.length);
            int[] next = new int[tokens.length];
            for (int row = 0; row < next.length; row++) {
                if (positions[row] < 0 || positions[row] >= capacity) {
                    throw new IllegalArgumentException("position " + positions[row]);
                }
                int k = positions[row] - promptLengths[row] + 1;
                int[] reply = replies.get(saying[row]);
                // A free slot is decoded at position 0; what it says is nobody's.
                next[row] = k < 0 ? 0 : reply[k % reply.length];
            }
            return choice(next, choosing);
        }

        private void step(int rows) {
            rowsOfSteps.add(rows);
            begun.release();
            steps.acquireUninterruptibly();
            Throwable thrown = failure;
            failure = null;
            if (thrown instanceof Error error) {
                throw error;
            }
            if (thrown != null) {
                throw (RuntimeException) thrown;
            }
        }

        private Choice choice(int[] tokens, Choosing choosing) {
            int alternatives = ((Choosing.Each) choosing).alternatives();
            return new Choice(
                    tokens,
                    new float[tokens.length],
                    tops(tokens.length, alternatives),
                    new float[tokens.length][alternatives]);
        }

        private static int[][] tops(int rows, int alternatives) {
            int[][] top = new int[rows][alternatives];
            for (int[] row : top) {
                for (int k = 0; k < alternatives; k++) {
                    row[k] = k;
                }
            }
            return top;
        }

        @Override
        public void close() {
            decodingClosed = true;
        }
    }

    @Override
    public Architecture architecture() {
        return Blueprint.GPT2_TINY.architecture(VOCABULARY);
    }

    @Override
    public void close() {
        closed = true;
    }

    @Override
    public Readings read(TokenBatch batch) {
        throw new UnsupportedOperationException();
    }

    @Override
    public float[][] bestValues(TokenBatch batch, QNetwork chooser, Support support) {
        throw new UnsupportedOperationException("values no action");
    }

    @Override
    public float[][] embed(int[][] sequences) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Fit fit(TokenBatch batch, Objective objective, LearningRates rates) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void blend(QNetwork other, double share) {
        throw new UnsupportedOperationException();
    }

    @Override
    public QNetwork copy() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void resetValue(double bias) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void save(Path directory) {
        throw new UnsupportedOperationException();
    }
}
