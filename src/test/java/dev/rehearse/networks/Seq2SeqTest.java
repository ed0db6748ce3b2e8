package dev.rehearse.networks;

import static dev.rehearse.networks.Seq2Seqs.CONTEXT;
import static dev.rehearse.networks.Seq2Seqs.VOCABULARY;
import static dev.rehearse.networks.Seq2Seqs.formulas;
import static dev.rehearse.networks.Seq2Seqs.joined;
import static dev.rehearse.networks.Seq2Seqs.one;
import static dev.rehearse.networks.Seq2Seqs.tokens;
import static dev.rehearse.networks.Seq2Seqs.weights;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rehearse.networks.Decoding.Choice;
import dev.rehearse.networks.Decoding.Choosing;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The encoders and decoders; what they share with the other families is tested with those. */
class Seq2SeqTest {

    private static Device device;

    @BeforeAll
    static void open() {
        device = TestDevice.open();
    }

    @AfterAll
    static void close() {
        device.close();
    }

    private static Choosing greedy(int rows) {
        float[] ones = new float[rows];
        Arrays.fill(ones, 1);
        return new Choosing.Each(new float[rows], new int[rows], ones, new float[rows], VOCABULARY);
    }

    /** The choice's log-probabilities in the order of the vocabulary. */
    private static float[] logProbs(Choice choice, int row) {
        float[] inOrder = new float[VOCABULARY];
        for (int k = 0; k < VOCABULARY; k++) {
            inOrder[choice.topTokens()[row][k]] = choice.topLogProbs()[row][k];
        }
        return inOrder;
    }

    @ParameterizedTest
    @MethodSource("dev.rehearse.networks.Seq2Seqs#shapes")
    void theScriptSaysWhatTheFormulasSay(Architecture shape) {
        int[] prompt = tokens(7, 1);
        int[] reply = tokens(5, 2);
        try (TorchNetwork network = Seq2Seqs.network(device, shape)) {
            Map<String, float[]> weights = weights(network);
            Seq2SeqFormulas formulas = formulas(shape, weights);
            float[] actual = network.read(one(prompt, reply)).logProbs()[0];
            for (int j = 0; j < reply.length; j++) {
                double[] expected = formulas.next(prompt, Arrays.copyOf(reply, j), weights.get("embedding.weight"));
                assertEquals(expected[reply[j]], actual[j], 2e-5);
            }
            double[][] states = formulas.encode(prompt);
            float[] embedded = network.embed(new int[][] {prompt})[0];
            for (int d = 0; d < shape.width(); d++) {
                int at = d;
                double mean = Arrays.stream(states)
                        .mapToDouble(state -> state[at])
                        .average()
                        .orElseThrow();
                assertEquals(mean, embedded[d], 1e-5);
            }
        }
    }

    /** V is a function of the state, so its heads see the decoder's, in the middle and after the last token. */
    @ParameterizedTest
    @MethodSource("dev.rehearse.networks.Seq2Seqs#shapes")
    void valuesAreReadFromTheDecodersStates(Architecture shape) {
        int[] prompt = tokens(4, 1);
        int[] reply = tokens(3, 2);
        try (TorchNetwork network = Seq2Seqs.network(device, shape)) {
            Map<String, float[]> weights = weights(network);
            Seq2SeqFormulas formulas = formulas(shape, weights);
            float[] actual = network.read(one(prompt, reply)).values()[0];
            assertEquals(reply.length + 1, actual.length);
            for (int j = 0; j <= reply.length; j++) {
                double[] state = formulas.state(prompt, Arrays.copyOf(reply, j));
                double[] inner = new double[shape.width()];
                for (int d = 0; d < inner.length; d++) {
                    inner[d] = Math.max(
                            0,
                            Seq2SeqFormulas.row(
                                    weights.get("value.fc.weight"), weights.get("value.fc.bias"), d, state));
                }
                double expected =
                        Seq2SeqFormulas.row(weights.get("value.out.weight"), weights.get("value.out.bias"), 0, inner);
                assertEquals(expected, actual[j], 2e-5);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.rehearse.networks.Seq2Seqs#shapes")
    void neitherNeighboursNorPaddingNorPiecesChangeAnything(Architecture shape) {
        int[][] sequences = new int[600][];
        int[][] actions = new int[600][];
        for (int b = 0; b < sequences.length; b++) {
            sequences[b] = tokens(2 + b % (CONTEXT - 1), b);
            int first = 1 + b % (sequences[b].length - 1);
            actions[b] = IntStream.range(first, sequences[b].length).toArray();
        }
        TokenBatch batch = new TokenBatch(sequences, actions);
        try (TorchNetwork network = Seq2Seqs.network(device, shape)) {
            assertTrue(network.division().rounds(batch).stream()
                            .flatMap(List::stream)
                            .count()
                    > 1);
            Readings together = network.read(batch);
            float[][] embedded = network.embed(sequences);
            for (int b = 0; b < sequences.length; b += 41) {
                Readings alone = network.read(batch.slice(b, b + 1));
                assertArrayEquals(alone.logProbs()[0], together.logProbs()[b], 1e-5f);
                assertArrayEquals(alone.values()[0], together.values()[b], 1e-5f);
                assertArrayEquals(network.embed(new int[][] {sequences[b]})[0], embedded[b], 1e-5f);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.rehearse.networks.Seq2Seqs#shapes")
    void eachReplyOfADialogueIsReadAsIfItWereTheOnlyOne(Architecture shape) {
        int[] question = tokens(5, 1);
        int[] reply = tokens(3, 2);
        int[] more = tokens(4, 3);
        int[] last = tokens(2, 4);
        int[] all = joined(question, reply, more, last);
        int begin = question.length + reply.length + more.length;
        int[] actions = IntStream.concat(
                        IntStream.range(question.length, question.length + reply.length),
                        IntStream.range(begin, all.length))
                .toArray();
        try (TorchNetwork network = Seq2Seqs.network(device, shape)) {
            Readings dialogue = network.read(new TokenBatch(new int[][] {all}, new int[][] {actions}));
            Readings first = network.read(one(question, reply));
            Readings second = network.read(one(joined(question, reply, more), last));
            float[] expected = Rows.join(new float[][] {first.logProbs()[0], second.logProbs()[0]}, 0, 2);
            assertArrayEquals(expected, dialogue.logProbs()[0], 1e-5f);
            float[] values =
                    Rows.join(new float[][] {Arrays.copyOf(first.values()[0], reply.length), second.values()[0]}, 0, 2);
            assertArrayEquals(values, dialogue.values()[0], 1e-5f);
            // Where the assistant speaks next, the state is the one in which that reply begins.
            int[] open = Arrays.copyOf(all, begin);
            Readings opened = network.read(new TokenBatch(new int[][] {open}, new int[][] {
                IntStream.range(question.length, question.length + reply.length).toArray()
            }));
            assertEquals(second.values()[0][0], opened.values()[0][reply.length], 1e-5f);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.rehearse.networks.Seq2Seqs#shapes")
    void decodingIsTheFullForward(Architecture shape) {
        int[][] prompts = {tokens(5, 1), tokens(9, 2), tokens(1, 3)};
        int[][] replies = {tokens(8, 4), tokens(8, 5), tokens(8, 6)};
        try (TorchNetwork network = Seq2Seqs.network(device, shape);
                Decoding decoding = network.decoding(3, CONTEXT, Device.Priority.SERVING)) {
            float[][] expected = new float[3][];
            for (int b = 0; b < 3; b++) {
                expected[b] = network.read(one(prompts[b], replies[b])).logProbs()[0];
            }
            // What was in the slots, and the order of filling them, make no difference.
            decoding.prefill(new int[] {0, 1, 2}, new int[][] {tokens(20, 7), tokens(3, 8), tokens(12, 9)}, greedy(3));
            int[] order = {2, 0, 1};
            Choice choice = decoding.prefill(order, new int[][] {prompts[2], prompts[0], prompts[1]}, greedy(3));
            for (int row = 0; row < 3; row++) {
                int b = order[row];
                assertEquals(expected[b][0], logProbs(choice, row)[replies[b][0]], 2e-5);
            }
            for (int j = 1; j < 8; j++) {
                int[] tokens = new int[3];
                int[] positions = new int[3];
                for (int b = 0; b < 3; b++) {
                    tokens[b] = replies[b][j - 1];
                    positions[b] = prompts[b].length + j - 1;
                }
                choice = decoding.decode(tokens, positions, greedy(3));
                for (int b = 0; b < 3; b++) {
                    assertEquals(expected[b][j], logProbs(choice, b)[replies[b][j]], 2e-5);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.rehearse.networks.Seq2Seqs#shapes")
    void aMovedReplyGoesOnAsItWould(Architecture shape) {
        int[] prompt = tokens(6, 1);
        int[] reply = tokens(4, 2);
        try (TorchNetwork network = Seq2Seqs.network(device, shape);
                Decoding decoding = network.decoding(3, CONTEXT, Device.Priority.SERVING)) {
            float[] expected = network.read(one(prompt, reply)).logProbs()[0];
            decoding.prefill(new int[] {0, 2}, new int[][] {tokens(8, 3), prompt}, greedy(2));
            decoding.decode(new int[] {1, 1, reply[0]}, new int[] {8, 0, 6}, greedy(3));
            decoding.copy(2, 1, 7);
            for (int j = 2; j < reply.length; j++) {
                Choice choice = decoding.decode(new int[] {1, reply[j - 1]}, new int[] {7 + j, 5 + j}, greedy(2));
                assertEquals(expected[j], logProbs(choice, 1)[reply[j]], 2e-5);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.rehearse.networks.Seq2Seqs#shapes")
    void aPromptIsReadAsAWhole(Architecture shape) {
        try (TorchNetwork network = Seq2Seqs.network(device, shape);
                Decoding decoding = network.decoding(1, CONTEXT, Device.Priority.SERVING)) {
            assertFalse(decoding.readsInPieces());
            assertThrows(UnsupportedOperationException.class, () -> decoding.extend(0, 0, new int[] {1}, greedy(1)));
        }
    }
}
