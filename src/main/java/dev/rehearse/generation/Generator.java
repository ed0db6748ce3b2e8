package dev.rehearse.generation;

import dev.rehearse.networks.Decoding;
import dev.rehearse.networks.Decoding.Choice;
import dev.rehearse.networks.Decoding.Choosing;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Replies to many prompts at once, for training and evaluation: as many as there are slots go in one batch until the
 * last one ends. Confined to one thread at a time.
 */
public final class Generator {
    private final Decoding decoding;
    private final int[] endTokens;
    private final int maxTokens;

    /**
     * @param decoding used, not closed
     * @param endTokens tokens that end a reply
     * @param maxTokens most tokens of a reply; fewer where the decoding's capacity leaves fewer
     */
    public Generator(Decoding decoding, int[] endTokens, int maxTokens) {
        this.decoding = decoding;
        this.endTokens = endTokens.clone();
        this.maxTokens = maxTokens;
    }

    /** How the tokens of a whole batch are chosen. */
    public sealed interface Behaviour {
        /** The most probable token. */
        record Greedy() implements Behaviour {}

        /** Draws from the policy. */
        record Sample(double temperature, int topK, long seed) implements Behaviour {}

        /** Draws from (1 − ε)·π + ε·π₀; needs a decoding made with a prior. */
        record Explore(double epsilon, double temperature, double priorTemperature, int topK, long seed)
                implements Behaviour {}
    }

    /**
     * One reply per prompt, in the prompts' order; of {@code Sample} and {@code Explore}, reply i depends on the seed
     * and i.
     *
     * @param prompts (B, T_b), each shorter than the decoding's capacity
     * @throws IllegalArgumentException when a prompt leaves no room for a reply
     */
    public Reply[] generate(List<int[]> prompts, Behaviour behaviour) {
        return generate(prompts, behaviour, (index, reply) -> {});
    }

    /** Hears of each reply as soon as it has ended, on the thread that generates; what it throws breaks the rest off. */
    @FunctionalInterface
    public interface Listener {
        /** @param index of the prompt that the reply answers */
        void finished(int index, Reply reply);

        /** Called before each token that all replies are about to grow by. */
        default void growing() {}
    }

    /** As {@link #generate(List, Behaviour)}, while the others are still growing. */
    public Reply[] generate(List<int[]> prompts, Behaviour behaviour, Listener listener) {
        int longest = decoding.capacity() - 1;
        for (int[] prompt : prompts) {
            if (prompt.length > longest) {
                throw new IllegalArgumentException(
                        "a prompt of " + prompt.length + " tokens; allowed: at most " + longest);
            }
        }
        Reply[] replies = new Reply[prompts.size()];
        // Longest first: replies grow with prompts, so the rows that end first are the last ones, and the batch
        // shrinks.
        int[] order = IntStream.range(0, prompts.size())
                .boxed()
                .sorted(Comparator.comparingInt((Integer i) -> -prompts.get(i).length))
                .mapToInt(Integer::intValue)
                .toArray();
        for (int from = 0; from < order.length; from += decoding.slots()) {
            int to = Math.min(order.length, from + decoding.slots());
            new Wave(prompts, Arrays.copyOfRange(order, from, to), behaviour).run(replies, listener);
        }
        return replies;
    }

    /** One batch of replies. */
    private final class Wave {
        private final int[] members;
        private final Behaviour behaviour;
        private final int[][] prompts;
        private final int[][] tokens;
        private final float[][] logProbs;
        private final int[] lengths;
        private final FinishReason[] ends;

        Wave(List<int[]> all, int[] members, Behaviour behaviour) {
            this.members = members;
            this.behaviour = behaviour;
            int rows = members.length;
            prompts = new int[rows][];
            tokens = new int[rows][];
            logProbs = new float[rows][];
            lengths = new int[rows];
            ends = new FinishReason[rows];
            for (int row = 0; row < rows; row++) {
                prompts[row] = all.get(members[row]);
                int room = Math.min(maxTokens, decoding.capacity() - prompts[row].length);
                tokens[row] = new int[room];
                logProbs[row] = new float[room];
            }
        }

        void run(Reply[] replies, Listener listener) {
            int[] slots = IntStream.range(0, members.length).toArray();
            listener.growing();
            take(decoding.prefill(slots, prompts, choosing(members.length)), replies, listener);
            for (int rows = active(); rows > 0; rows = active()) {
                listener.growing();
                int[] last = new int[rows];
                int[] positions = new int[rows];
                for (int row = 0; row < rows; row++) {
                    int length = Math.max(1, lengths[row]);
                    last[row] = tokens[row][length - 1];
                    positions[row] = prompts[row].length + length - 1;
                }
                take(decoding.decode(last, positions, choosing(rows)), replies, listener);
            }
        }

        private Reply reply(int row) {
            return new Reply(
                    Arrays.copyOf(tokens[row], lengths[row]), Arrays.copyOf(logProbs[row], lengths[row]), ends[row]);
        }

        /** Rows up to the last one that goes on. */
        private int active() {
            for (int row = members.length - 1; row >= 0; row--) {
                if (ends[row] == null) {
                    return row + 1;
                }
            }
            return 0;
        }

        private void take(Choice choice, Reply[] replies, Listener listener) {
            for (int row = 0; row < choice.tokens().length; row++) {
                if (ends[row] == null) {
                    append(row, choice.tokens()[row], choice.logProbs()[row]);
                    if (ends[row] != null) {
                        replies[members[row]] = reply(row);
                        listener.finished(members[row], replies[members[row]]);
                    }
                }
            }
        }

        private void append(int row, int token, float logProb) {
            tokens[row][lengths[row]] = token;
            logProbs[row][lengths[row]++] = logProb;
            if (IntStream.of(endTokens).anyMatch(end -> end == token)) {
                ends[row] = FinishReason.STOP;
            } else if (lengths[row] == tokens[row].length) {
                ends[row] = FinishReason.LENGTH;
            }
        }

        private Choosing choosing(int rows) {
            if (behaviour instanceof Behaviour.Explore explore) {
                return new Choosing.Explore(
                        explore.epsilon(),
                        explore.temperature(),
                        explore.priorTemperature(),
                        explore.topK(),
                        uniform(explore.seed(), rows));
            }
            float[] temperature = new float[rows];
            float[] uniform = new float[rows];
            int[] topK = new int[rows];
            float[] topP = new float[rows];
            Arrays.fill(topP, 1);
            if (behaviour instanceof Behaviour.Sample sample) {
                Arrays.fill(temperature, (float) sample.temperature());
                Arrays.fill(topK, sample.topK());
                uniform = uniform(sample.seed(), rows);
            }
            return new Choosing.Each(temperature, topK, topP, uniform, 0);
        }

        private float[] uniform(long seed, int rows) {
            float[] numbers = new float[rows];
            for (int row = 0; row < rows; row++) {
                numbers[row] = CounterRandom.uniform(seed + members[row], lengths[row]);
            }
            return numbers;
        }
    }
}
