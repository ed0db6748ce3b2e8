package dev.rehearse.generation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rehearse.generation.BatchScheduler.Limits;
import dev.rehearse.generation.Generator.Behaviour;
import dev.rehearse.networks.Decoding;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.Gpt2;
import dev.rehearse.networks.NetworkOptions;
import dev.rehearse.networks.TokenBatch;
import dev.rehearse.networks.TorchNetwork;
import dev.rehearse.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a real network of random weights. */
class GeneratorTest {
    private static final int VOCABULARY = 33;
    private static final int CAPACITY = 30;
    private static Device device;
    private static TorchNetwork network;
    private static TorchNetwork prior;

    @BeforeAll
    static void open() {
        device = Device.open("cpu");
        Gpt2 shape = Gpt2.of(VOCABULARY, 32, 16, 2, 2);
        network = TorchNetwork.create(device, shape, NetworkOptions.exact(), 1);
        prior = TorchNetwork.create(device, shape, NetworkOptions.exact(), 2);
    }

    @AfterAll
    static void close() {
        prior.close();
        network.close();
        device.close();
    }

    private static List<int[]> prompts(int count) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(5);
        List<int[]> prompts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            prompts.add(random.ints(1 + random.nextInt(12), 0, VOCABULARY).toArray());
        }
        return prompts;
    }

    private static Reply[] generate(int slots, List<int[]> prompts, Behaviour behaviour, int maxTokens, int... ends) {
        try (Decoding decoding = network.decodingBeside(prior, slots, CAPACITY)) {
            return new Generator(decoding, ends, maxTokens).generate(prompts, behaviour);
        }
    }

    private static void assertSame(Reply[] expected, Reply[] actual) {
        assertEquals(expected.length, actual.length);
        for (int i = 0; i < expected.length; i++) {
            assertArrayEquals(expected[i].tokens(), actual[i].tokens(), "reply " + i);
            assertArrayEquals(expected[i].logProbs(), actual[i].logProbs(), 1e-4f);
            assertEquals(expected[i].finishReason(), actual[i].finishReason());
        }
    }

    @Test
    void aListenerCanBreakOffBetweenTwoTokensAndTheNextRepliesAreAsIfItHadNot() {
        Behaviour behaviour = new Behaviour.Sample(1, 0, 3);
        Reply[] expected = generate(4, prompts(6), behaviour, 8, 0);
        try (Decoding decoding = network.decodingBeside(prior, 4, CAPACITY)) {
            Generator generator = new Generator(decoding, new int[] {0}, 8);
            BreakingOff listener = new BreakingOff();
            assertThrows(IllegalStateException.class, () -> generator.generate(prompts(6), behaviour, listener));
            assertEquals(3, listener.tokens);
            assertSame(expected, generator.generate(prompts(6), behaviour));
        }
    }

    private static final class BreakingOff implements Generator.Listener {
        private int tokens;

        @Override
        public void finished(int index, Reply reply) {}

        @Override
        public void growing() {
            if (++tokens == 3) {
                throw new IllegalStateException("enough");
            }
        }
    }

    @Test
    void repliesAreThoseOfGeneratingOneByOneInThePromptsOrder() {
        List<int[]> prompts = prompts(23);
        List<Behaviour> behaviours = List.of(
                new Behaviour.Greedy(),
                new Behaviour.Sample(1, 0, 7),
                new Behaviour.Sample(0.8, 5, 7),
                new Behaviour.Explore(0.3, 1, 1.2, 6, 7));
        for (Behaviour behaviour : behaviours) {
            Reply[] oneByOne = generate(1, prompts, behaviour, 9, 3, 4);
            assertSame(oneByOne, generate(8, prompts, behaviour, 9, 3, 4));
            assertSame(oneByOne, generate(64, prompts, behaviour, 9, 3, 4));
        }
    }

    @Test
    void eachReplyIsHeardOfOnceAsSoonAsItEnds() {
        List<int[]> prompts = prompts(23);
        List<Integer> indexes = new ArrayList<>();
        List<Reply> heard = new ArrayList<>();
        Reply[] replies;
        try (Decoding decoding = network.decodingBeside(prior, prompts.size(), CAPACITY)) {
            replies = new Generator(decoding, new int[] {3, 4}, 9)
                    .generate(prompts, new Behaviour.Sample(1, 0, 7), (index, reply) -> {
                        indexes.add(index);
                        heard.add(reply);
                    });
        }
        assertEquals(indexes.stream().map(i -> replies[i]).toList(), heard);
        assertEquals(prompts.size(), indexes.stream().distinct().count());
        int[] lengths = heard.stream().mapToInt(reply -> reply.tokens().length).toArray();
        assertArrayEquals(Arrays.stream(lengths).sorted().toArray(), lengths);
        assertTrue(lengths[0] < lengths[lengths.length - 1]);
    }

    @Test
    void logProbabilitiesAreThoseTheNetworkReads() {
        List<int[]> prompts = prompts(6);
        Reply[] replies = generate(4, prompts, new Behaviour.Sample(1, 0, 1), 8);
        for (int i = 0; i < replies.length; i++) {
            int start = prompts.get(i).length;
            int[] tokens = Arrays.copyOf(prompts.get(i), start + 8);
            System.arraycopy(replies[i].tokens(), 0, tokens, start, 8);
            int[] actions = IntStream.range(start, start + 8).toArray();
            float[] read = network.read(new TokenBatch(new int[][] {tokens}, new int[][] {actions}))
                    .logProbs()[0];
            assertArrayEquals(read, replies[i].logProbs(), 1e-4f);
        }
    }

    @Test
    void aReplyEndsWithTheFirstEndToken() {
        List<int[]> prompts = prompts(12);
        Behaviour sample = new Behaviour.Sample(1.5, 0, 3);
        Reply[] endless = generate(12, prompts, sample, 15);
        Reply[] ended = generate(12, prompts, sample, 15, 1, 2, 3, 4);
        int stopped = 0;
        for (int i = 0; i < 12; i++) {
            int[] tokens = endless[i].tokens();
            int first = IntStream.range(0, tokens.length)
                    .filter(k -> tokens[k] >= 1 && tokens[k] <= 4)
                    .findFirst()
                    .orElse(-1);
            assertEquals(first >= 0 ? FinishReason.STOP : FinishReason.LENGTH, ended[i].finishReason());
            assertArrayEquals(first >= 0 ? Arrays.copyOf(tokens, first + 1) : tokens, ended[i].tokens());
            stopped += first >= 0 ? 1 : 0;
        }
        assertTrue(stopped > 0 && stopped < 12, "stopped: " + stopped);
    }

    @Test
    void aReplyIsAsLongAsTheLimitOrTheCapacityAllows() {
        List<int[]> prompts = List.of(new int[] {1}, new int[CAPACITY - 1], new int[CAPACITY - 4], new int[20]);
        Reply[] replies = generate(4, prompts, new Behaviour.Greedy(), 9);
        int[] lengths =
                Arrays.stream(replies).mapToInt(reply -> reply.tokens().length).toArray();
        assertArrayEquals(new int[] {9, 1, 4, 9}, lengths);
        assertTrue(Arrays.stream(replies).allMatch(reply -> reply.finishReason() == FinishReason.LENGTH));
    }

    @Test
    void aPromptThatLeavesNoRoomIsRefused() {
        List<int[]> prompts = List.of(new int[] {1}, new int[CAPACITY]);
        String message = assertThrows(
                        IllegalArgumentException.class, () -> generate(2, prompts, new Behaviour.Greedy(), 9))
                .getMessage();
        assertEquals("a prompt of 30 tokens; allowed: at most 29", message);
    }

    @Test
    void noPromptsHaveNoReplies() {
        assertEquals(0, generate(2, List.of(), new Behaviour.Greedy(), 9).length);
    }

    @Test
    void equalSeedsGiveEqualRepliesAndOtherSeedsOthers() {
        List<int[]> prompts = prompts(4);
        Reply[] first = generate(4, prompts, new Behaviour.Sample(1, 0, 1), 12);
        assertSame(first, generate(4, prompts, new Behaviour.Sample(1, 0, 1), 12));
        Reply[] other = generate(4, prompts, new Behaviour.Sample(1, 0, 100), 12);
        assertTrue(!Arrays.equals(first[0].tokens(), other[0].tokens()));
    }

    @Test
    void equalPromptsOfOneBatchAreDrawnIndependently() {
        List<int[]> prompts = List.of(new int[] {1}, new int[] {1});
        Reply[] replies = generate(2, prompts, new Behaviour.Sample(1, 0, 1), 12);
        assertTrue(!Arrays.equals(replies[0].tokens(), replies[1].tokens()));
    }

    /** What the server promises of a seed. */
    @Test
    void aServedSeedGivesTheSameTextAloneAndAmongTwentyNeighbours(@TempDir Path directory) throws Exception {
        try (Tokenizer tokenizer = Letters.tokenizer(directory);
                BatchScheduler scheduler = new BatchScheduler(
                        network.copy(), tokenizer, new int[] {2}, new Limits(8, 32, 10_000, 64), System::nanoTime)) {
            GenerationRequest mine = new GenerationRequest(
                    tokenizer.encode("my prompt"), 20, new Sampler.Boltzmann(1, 0, 1, 42), List.of(), 0);
            Completion alone = run(scheduler, mine).awaitCompletion();
            List<Heard> neighbours = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                neighbours.add(run(scheduler, neighbour(tokenizer, i)));
            }
            Heard among = run(scheduler, mine);
            for (int i = 10; i < 20; i++) {
                neighbours.add(run(scheduler, neighbour(tokenizer, i)));
            }
            assertEquals(ids(alone), ids(among.awaitCompletion()));
            assertEquals(alone.text(), among.text());
            for (Heard neighbour : neighbours) {
                assertEquals(neighbour.awaitCompletion().text(), neighbour.text());
            }
        }
    }

    @Test
    void whatOthersHaveReadOfAPromptChangesNoText(@TempDir Path directory) throws Exception {
        try (Tokenizer tokenizer = Letters.tokenizer(directory)) {
            String begin = "the quick brown fox";
            for (String prompt : List.of(begin, begin + " jum", begin.substring(0, 17) + "el")) {
                GenerationRequest mine = new GenerationRequest(
                        tokenizer.encode(prompt), 8, new Sampler.Boltzmann(1, 0, 1, 42), List.of(), 0);
                List<Integer> fresh;
                try (BatchScheduler scheduler = scheduler(tokenizer)) {
                    fresh = ids(run(scheduler, mine).awaitCompletion());
                }
                try (BatchScheduler scheduler = scheduler(tokenizer)) {
                    GenerationRequest before = new GenerationRequest(
                            tokenizer.encode(begin), 12, new Sampler.Boltzmann(1, 0, 1, 7), List.of(), 0);
                    run(scheduler, before).awaitCompletion();
                    Heard underWay = run(scheduler, before);
                    assertEquals(fresh, ids(run(scheduler, mine).awaitCompletion()));
                    underWay.awaitCompletion();
                    assertEquals(fresh, ids(run(scheduler, mine).awaitCompletion()));
                }
            }
        }
    }

    private BatchScheduler scheduler(Tokenizer tokenizer) {
        return new BatchScheduler(
                network.copy(), tokenizer, new int[] {2}, new Limits(3, 32, 10_000, 8), System::nanoTime);
    }

    private static List<Integer> ids(Completion completion) {
        return completion.tokens().stream().map(GeneratedToken::id).toList();
    }

    private static Heard run(BatchScheduler scheduler, GenerationRequest request) {
        Heard heard = new Heard();
        scheduler.submit(request, heard);
        return heard;
    }

    /** Of every kind: greedy, truncated, of another temperature, of another length. */
    private static GenerationRequest neighbour(Tokenizer tokenizer, int i) throws IOException {
        Sampler sampler = i % 4 == 0
                ? new Sampler.Greedy()
                : new Sampler.Boltzmann(0.5 + i % 3, i % 4 == 1 ? 5 : 0, i % 4 == 2 ? 0.8 : 1, i);
        return new GenerationRequest(
                tokenizer.encode("neighbour".substring(0, 1 + i % 9)), 2 + i, sampler, List.of("xyz"), i % 3);
    }
}
