package dev.rehearse.networks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rehearse.networks.Decoding.Choice;
import dev.rehearse.networks.Decoding.Choosing;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TorchDecodingTest {
    /** No multiple of any rounding of lengths. */
    private static final int CONTEXT = 13;

    private static Device device;
    private TorchNetwork network;

    @BeforeAll
    static void open() {
        device = TestDevice.open();
    }

    @AfterAll
    static void close() {
        device.close();
    }

    @BeforeEach
    void create() {
        network = TorchNetwork.create(device, Gpt2.of(9, CONTEXT, 8, 2, 2), NetworkOptions.exact(), 1);
    }

    @AfterEach
    void free() {
        network.close();
    }

    private static Choosing greedy(int rows) {
        float[] ones = new float[rows];
        Arrays.fill(ones, 1);
        return new Choosing.Each(new float[rows], new int[rows], ones, new float[rows], 1);
    }

    private static int[] tokens(int length) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(length);
        return random.ints(length, 0, 9).toArray();
    }

    /** The log-probability that the whole forward pass gives to the last token. */
    private float read(int[] tokens) {
        return network.read(new TokenBatch(new int[][] {tokens}, new int[][] {{tokens.length - 1}}))
                .logProbs()[0][0];
    }

    private static String refusal(Runnable call) {
        return assertThrows(IllegalArgumentException.class, call::run).getMessage();
    }

    @Test
    void theLastPlaceOfTheContextIsReachedByDecoding() {
        int[] sequence = tokens(CONTEXT);
        try (Decoding decoding = network.decoding(1, CONTEXT, Device.Priority.SERVING)) {
            int[] prompt = Arrays.copyOf(sequence, CONTEXT - 3);
            Choice choice = decoding.prefill(new int[] {0}, new int[][] {prompt}, greedy(1));
            for (int length = prompt.length; length < CONTEXT; length++) {
                int[] next = Arrays.copyOf(sequence, length + 1);
                next[length] = choice.tokens()[0];
                assertEquals(read(next), choice.logProbs()[0], 1e-5);
                choice = decoding.decode(new int[] {sequence[length]}, new int[] {length}, greedy(1));
            }
        }
    }

    @Test
    void aPromptMayFillTheWholeContext() {
        int[] prompt = tokens(CONTEXT);
        try (Decoding decoding = network.decoding(2, CONTEXT, Device.Priority.SERVING)) {
            Choice whole = decoding.prefill(new int[] {1, 0}, new int[][] {prompt, {1}}, greedy(2));
            Choice stepwise =
                    decoding.prefill(new int[] {0}, new int[][] {Arrays.copyOf(prompt, CONTEXT - 1)}, greedy(1));
            stepwise = decoding.decode(new int[] {prompt[CONTEXT - 1]}, new int[] {CONTEXT - 1}, greedy(1));
            assertEquals(stepwise.tokens()[0], whole.tokens()[0]);
            assertEquals(stepwise.logProbs()[0], whole.logProbs()[0], 1e-5);
        }
    }

    @Test
    void aSlotsNextPromptForgetsTheOneBefore() {
        int[] prompt = tokens(3);
        try (Decoding decoding = network.decoding(1, CONTEXT, Device.Priority.SERVING)) {
            decoding.prefill(new int[] {0}, new int[][] {tokens(12)}, greedy(1));
            decoding.prefill(new int[] {0}, new int[][] {prompt}, greedy(1));
            Choice choice = decoding.decode(new int[] {7}, new int[] {3}, greedy(1));
            int[] next = {prompt[0], prompt[1], prompt[2], 7, choice.tokens()[0]};
            assertEquals(read(next), choice.logProbs()[0], 1e-5);
        }
    }

    @Test
    void aPromptReadInPiecesIsAPromptReadWhole() {
        int[] prompt = tokens(CONTEXT);
        try (Decoding decoding = network.decoding(3, CONTEXT, Device.Priority.SERVING)) {
            for (int first = 1; first < CONTEXT; first++) {
                decoding.prefill(new int[] {0}, new int[][] {tokens(CONTEXT - 1)}, greedy(1));
                decoding.extend(1, 0, Arrays.copyOf(prompt, first), greedy(1));
                Choice pieces = decoding.extend(1, first, Arrays.copyOfRange(prompt, first, CONTEXT), greedy(1));
                Choice whole = decoding.prefill(new int[] {2}, new int[][] {prompt}, greedy(1));
                assertEquals(whole.tokens()[0], pieces.tokens()[0]);
                assertEquals(whole.logProbs()[0], pieces.logProbs()[0], 1e-5);
            }
        }
    }

    @Test
    void scoresOfAPromptAreThoseOfTheWholePass() {
        int[] prompt = tokens(CONTEXT);
        try (Decoding decoding = network.decoding(2, CONTEXT, Device.Priority.SERVING)) {
            Decoding.Scoring scoring = new Decoding.Scoring(3, Float.NaN);
            Decoding.Scores first =
                    decoding.score(1, 0, Arrays.copyOf(prompt, 5), Arrays.copyOfRange(prompt, 1, 6), scoring);
            Decoding.Scores second = decoding.score(
                    1, 5, Arrays.copyOfRange(prompt, 5, CONTEXT - 1), Arrays.copyOfRange(prompt, 6, CONTEXT), scoring);
            for (int length = 2; length <= CONTEXT; length++) {
                int i = length - 2;
                float told = i < 5 ? first.logProbs()[i] : second.logProbs()[i - 5];
                assertEquals(read(Arrays.copyOf(prompt, length)), told, 1e-5);
                int[] top = i < 5 ? first.topTokens()[i] : second.topTokens()[i - 5];
                int[] likeliest = Arrays.copyOf(prompt, length);
                likeliest[length - 1] = top[0];
                float best = i < 5 ? first.topLogProbs()[i][0] : second.topLogProbs()[i - 5][0];
                assertEquals(read(likeliest), best, 1e-5);
                assertEquals(3, top.length);
            }
        }
    }

    @Test
    void aCopiedBeginningIsAsGoodAsOneReadAgain() {
        int[] sequence = tokens(12);
        try (Decoding decoding = network.decoding(2, CONTEXT, Device.Priority.SERVING)) {
            decoding.prefill(new int[] {0}, new int[][] {Arrays.copyOf(sequence, 9)}, greedy(1));
            decoding.prefill(new int[] {1}, new int[][] {tokens(CONTEXT)}, greedy(1));
            decoding.copy(0, 1, 6);
            Choice choice = decoding.extend(1, 6, Arrays.copyOfRange(sequence, 6, 11), greedy(1));
            int[] next = Arrays.copyOf(sequence, 12);
            next[11] = choice.tokens()[0];
            assertEquals(read(next), choice.logProbs()[0], 1e-5);
            choice = decoding.decode(new int[] {4, 5}, new int[] {9, 11}, greedy(2));
            next = Arrays.copyOf(next, 13);
            next[11] = 5;
            next[12] = choice.tokens()[1];
            assertEquals(read(next), choice.logProbs()[1], 1e-5);
        }
    }

    @Test
    void capacityIsAtMostTheContext() {
        String message = refusal(() -> network.decoding(2, CONTEXT + 1, Device.Priority.SERVING));
        assertEquals("2 slots of 14 tokens; allowed: at least 1 of 1 to 13", message);
        refusal(() -> network.decoding(0, CONTEXT, Device.Priority.SERVING));
    }

    @Test
    void whatDoesNotFitTheCacheIsRefusedBeforeItIsTouched() {
        try (Decoding decoding = network.decoding(2, 8, Device.Priority.SERVING)) {
            int[][] two = {{1}, {2}};
            assertTrue(refusal(() -> decoding.prefill(new int[] {0}, new int[][] {new int[9]}, greedy(1)))
                    .contains("a prompt's length is 9"));
            refusal(() -> decoding.prefill(new int[] {0}, new int[][] {{}}, greedy(1)));
            refusal(() -> decoding.prefill(new int[] {0}, two, greedy(2)));
            assertEquals(
                    "slot 1 is given to two prompts",
                    refusal(() -> decoding.prefill(new int[] {1, 1}, two, greedy(2))));
            assertEquals(
                    "a slot is 2; allowed: 0 to 1", refusal(() -> decoding.prefill(new int[] {0, 2}, two, greedy(2))));
            assertEquals(
                    "a position is 8; allowed: 0 to 7",
                    refusal(() -> decoding.decode(new int[] {0}, new int[] {8}, greedy(1))));
            refusal(() -> decoding.decode(new int[3], new int[3], greedy(3)));
            refusal(() -> decoding.decode(new int[2], new int[1], greedy(2)));
            refusal(() -> decoding.decode(new int[0], new int[0], greedy(0)));
            assertEquals(
                    "the number of tokens is 3; allowed: 1 to 2",
                    refusal(() -> decoding.extend(0, 6, new int[3], greedy(1))));
            refusal(() -> decoding.extend(0, 8, new int[1], greedy(1)));
            refusal(() -> decoding.extend(2, 0, new int[1], greedy(1)));
            refusal(() -> decoding.copy(0, 2, 1));
            refusal(() -> decoding.copy(0, 1, 9));
        }
    }
}
