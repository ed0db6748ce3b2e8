package dev.rehearse.generation;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rehearse.generation.BatchScheduler.Limits;
import dev.rehearse.generation.BatchScheduler.Ticket;
import dev.rehearse.text.SpecialToken;
import dev.rehearse.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class BatchSchedulerTest {
    private static final int CAPACITY = 32;
    private static final int MOST_PROMPT_TOKENS = 8;
    private static final int END = SpecialToken.END.id();
    private static final List<String> REPLIES =
            List.of("hello there", "abc stop def", "one two three four", "z", "aaaaaaaaaaaaaaaaaaaaaaa");

    @TempDir
    private Path directory;

    private Tokenizer tokenizer;
    private ScriptedNetwork network;
    private BatchScheduler scheduler;

    @BeforeEach
    void open() throws IOException {
        tokenizer = Letters.tokenizer(directory);
    }

    @AfterEach
    void close() {
        network.allowAll();
        scheduler.close();
        tokenizer.close();
    }

    private void start(int slots, long mostQueuedTokens) {
        start(slots, mostQueuedTokens, END);
    }

    private void start(int slots, long mostQueuedTokens, int... endTokens) {
        network = new ScriptedNetwork(REPLIES.stream().map(this::withEnd).collect(Collectors.toList()));
        Limits limits = new Limits(slots, CAPACITY, mostQueuedTokens, MOST_PROMPT_TOKENS);
        scheduler = new BatchScheduler(network, tokenizer, endTokens, limits, System::nanoTime);
    }

    private int[] withEnd(String text) {
        return IntStream.concat(IntStream.of(tokenizer.encode(text)), IntStream.of(END))
                .toArray();
    }

    private static GenerationRequest request(int reply, int maxTokens, String... stop) {
        return new GenerationRequest(new int[] {reply, 7}, maxTokens, new Sampler.Greedy(), List.of(stop), 0);
    }

    private Heard submitted(GenerationRequest request) {
        Heard heard = new Heard();
        scheduler.submit(request, heard);
        return heard;
    }

    @Test
    void aReplyEndsAtTheEndTokenWhichIsNoText() throws InterruptedException {
        start(2, 1000);
        network.allowAll();
        Heard heard = submitted(request(0, 20));
        Completion completion = heard.awaitCompletion();
        assertEquals("hello there", completion.text());
        assertEquals(FinishReason.STOP, completion.finishReason());
        assertEquals(2, completion.promptTokens());
        assertEquals(END, completion.tokens().get(11).id());
        assertEquals("hello there", heard.text());
        assertEquals(completion.tokens(), heard.tokens);
    }

    @Test
    void anEndTokenThatSpellsTextIsNoTextEither() throws InterruptedException {
        start(2, 1000, END, tokenizer.encode(" ")[0]);
        network.allowAll();
        Completion completion = submitted(request(0, 20)).awaitCompletion();
        assertEquals("hello", completion.text());
        assertEquals(FinishReason.STOP, completion.finishReason());
    }

    @Test
    void aReplyEndsAtItsLengthLimit() throws InterruptedException {
        start(2, 1000);
        network.allowAll();
        Completion completion = submitted(request(0, 4)).awaitCompletion();
        assertEquals("hell", completion.text());
        assertEquals(FinishReason.LENGTH, completion.finishReason());
        assertEquals(4, completion.tokens().size());
    }

    @Test
    void aStopStringEndsTheReplyAndIsNotPartOfIt() throws InterruptedException {
        start(2, 1000);
        network.allowAll();
        Heard heard = submitted(request(1, 20, "zz", " stop"));
        Completion completion = heard.awaitCompletion();
        assertEquals("abc", completion.text());
        assertEquals(FinishReason.STOP, completion.finishReason());
        assertEquals("abc", heard.text());
        assertEquals(8, completion.tokens().size());
    }

    @Test
    void textHeldBackForAStopStringIsToldAtTheEnd() throws InterruptedException {
        start(2, 1000);
        network.allowAll();
        Heard heard = submitted(request(0, 20, "there are"));
        assertEquals("hello there", heard.awaitCompletion().text());
        assertEquals("hello there", heard.text());
    }

    @Test
    void alternativesAreReportedWhereAskedFor() throws InterruptedException {
        start(2, 1000);
        Heard plain = submitted(request(0, 3));
        Heard asking = submitted(new GenerationRequest(new int[] {2}, 3, new Sampler.Greedy(), List.of(), 5));
        network.allowAll();
        assertTrue(plain.awaitCompletion().tokens().stream()
                .allMatch(token -> token.alternatives().isEmpty()));
        assertTrue(asking.awaitCompletion().tokens().stream()
                .allMatch(token -> token.alternatives().size() == 5));
    }

    @Test
    void manyMoreRequestsThanSlotsAreAllAnswered() throws InterruptedException {
        start(3, 10_000);
        network.allowAll();
        List<Heard> all = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            all.add(submitted(request(i % 5, 1 + i % 20)));
        }
        for (int i = 0; i < 50; i++) {
            String whole = REPLIES.get(i % 5);
            assertEquals(
                    whole.substring(0, Math.min(whole.length(), 1 + i % 20)),
                    all.get(i).awaitCompletion().text());
        }
        assertTrue(network.rowsOfSteps.stream().allMatch(rows -> rows >= 1 && rows <= 3));
    }

    @Test
    void aLongPromptIsReadInPiecesBetweenTheStepsOfAGrowingReply() throws InterruptedException {
        start(2, 1000);
        Heard growing = submitted(request(4, 20));
        network.awaitStep();
        int[] prompt = new int[20];
        Arrays.fill(prompt, 3);
        Heard longer = submitted(new GenerationRequest(prompt, 3, new Sampler.Greedy(), List.of(), 0));
        network.allowAll();
        assertEquals("z", longer.awaitCompletion().text());
        assertEquals("a".repeat(20), growing.awaitCompletion().text());
        assertEquals(List.of(8, 8, 4), network.pieces);
        // The first prompt, then decoding and pieces take turns until both grow.
        assertEquals(List.of(1, 2, 1, 2, 1, 2, 1, 2), network.rowsOfSteps.subList(0, 8));
    }

    @Test
    void aRequestCancelledWhileItsPromptIsReadFreesItsSlot() throws InterruptedException {
        start(1, 1000);
        int[] prompt = new int[20];
        Heard cancelled = new Heard();
        Ticket ticket =
                scheduler.submit(new GenerationRequest(prompt, 3, new Sampler.Greedy(), List.of(), 0), cancelled);
        network.awaitStep();
        ticket.cancel();
        Heard next = submitted(request(3, 20));
        network.allowAll();
        assertEquals("z", next.awaitCompletion().text());
        assertEquals(List.of(8), network.pieces);
        assertEquals(List.of(), cancelled.calls);
    }

    @Test
    void whatAnotherPromptBeganWithIsNotReadAgain() throws InterruptedException {
        start(2, 1000);
        network.allowAll();
        int[] prompt = IntStream.range(0, 22).map(i -> i == 0 ? 3 : i).toArray();
        GenerationRequest first = new GenerationRequest(prompt, 3, new Sampler.Greedy(), List.of(), 0);
        assertEquals("z", submitted(first).awaitCompletion().text());
        assertEquals(List.of(8, 8, 6), network.pieces);
        int[] longer = Arrays.copyOf(prompt, 25);
        GenerationRequest second = new GenerationRequest(longer, 3, new Sampler.Greedy(), List.of(), 0);
        assertEquals("z", submitted(second).awaitCompletion().text());
        assertEquals("z", submitted(first).awaitCompletion().text());
        // Of the longer prompt its last three tokens, of the same one again its last.
        assertEquals(List.of(8, 8, 6, 3, 1), network.pieces);
    }

    @Test
    void aReplyBehindAFreeSlotMovesThere() throws InterruptedException {
        start(2, 1000);
        Heard shorter = submitted(request(3, 20));
        network.awaitStep();
        Heard longer = submitted(request(4, 20));
        network.allowAll();
        shorter.awaitCompletion();
        assertEquals("a".repeat(20), longer.awaitCompletion().text());
        assertEquals(1, network.rowsOfSteps.get(network.rowsOfSteps.size() - 1));
    }

    @Test
    void aBiasOfAnUnknownTokenIsRefused() {
        start(1, 1000);
        Penalties penalties = new Penalties(0, 0, 1, Map.of(64, 1.0));
        GenerationRequest request = new GenerationRequest(
                new int[] {1},
                3,
                new Sampler.Greedy(),
                List.of(),
                new Steering(penalties, null),
                Report.alternatives(0));
        String message = assertThrows(IllegalArgumentException.class, () -> submitted(request))
                .getMessage();
        assertEquals("the biased token 64 is unknown; allowed: 0 to 63", message);
    }

    @Test
    void aRequestBeyondTheContextIsRefused() {
        start(1, 1000);
        String message = assertThrows(IllegalArgumentException.class, () -> submitted(request(0, CAPACITY - 1)))
                .getMessage();
        assertEquals("33 tokens of prompt and reply; the context holds 32", message);
        assertThrows(IllegalArgumentException.class, () -> submitted(request(0, Integer.MAX_VALUE)));
    }

    @Test
    void aTokenThatTheNetworkDoesNotHaveIsRefusedBeforeItCanFailTheBatch() {
        start(1, 1000);
        for (int id : new int[] {-1, 64}) {
            GenerationRequest request = new GenerationRequest(new int[] {1, id}, 3, new Sampler.Greedy(), List.of(), 0);
            assertThrows(IllegalArgumentException.class, () -> submitted(request));
        }
    }

    @Test
    void aRequestCancelledWhileItRunsFreesItsSlotAndHearsNothingMore() throws InterruptedException {
        start(1, 1000);
        Heard first = new Heard();
        Ticket ticket = scheduler.submit(request(4, 20), first);
        network.awaitStep();
        Heard second = submitted(request(3, 20));
        ticket.cancel();
        ticket.cancel();
        // The step under way and two for the second: none is left for the first.
        network.allow(3);
        assertEquals("z", second.awaitCompletion().text());
        assertEquals(List.of(), first.calls);
    }

    @Test
    void aRequestCancelledWhileItWaitsIsNeverBegun() throws InterruptedException {
        start(1, 1000);
        Heard running = submitted(request(0, 3));
        network.awaitStep();
        Heard waiting = new Heard();
        scheduler.submit(request(3, 20), waiting).cancel();
        network.allowAll();
        running.awaitCompletion();
        awaitIdleness();
        submitted(request(3, 20)).awaitCompletion();
        assertEquals(List.of(), waiting.calls);
        // Three tokens of the first, two of the last, and no step for nobody.
        assertEquals(List.of(1, 1, 1, 1, 1), network.rowsOfSteps);
    }

    /** Until the scheduler's thread waits for requests. */
    private static void awaitIdleness() {
        Thread[] threads = new Thread[Thread.activeCount() + 8];
        int count = Thread.enumerate(threads);
        for (int i = 0; i < count; i++) {
            if (threads[i].getName().equals("batch-scheduler")) {
                awaitRest(threads[i]);
            }
        }
    }

    private static void awaitRest(Thread thread) {
        await().pollInterval(Duration.ofMillis(1))
                .until(() -> !thread.isAlive() || thread.getState() == Thread.State.WAITING);
    }

    @Test
    void whatIsCancelledWhileItWaitsMakesRoomInTheQueue() throws InterruptedException {
        start(1, 30);
        Heard running = submitted(request(0, 3));
        network.awaitStep();
        Ticket waiting = scheduler.submit(request(4, 20), new Heard());
        assertThrows(QueueFullException.class, () -> submitted(request(4, 20)));
        waiting.cancel();
        Heard next = submitted(request(0, 18));
        network.allowAll();
        running.awaitCompletion();
        assertEquals("hello there", next.awaitCompletion().text());
    }

    @Test
    void aListenerThatCancelsItsOwnReplyHearsNoEnd() throws InterruptedException {
        start(1, 1000);
        List<Ticket> ticket = new ArrayList<>();
        Heard heard = new Heard(() -> ticket.get(0).cancel());
        ticket.add(scheduler.submit(request(3, 1), heard));
        Heard next = submitted(request(3, 2));
        network.allowAll();
        next.awaitCompletion();
        assertEquals(List.of("progressed"), heard.calls);
    }

    @Test
    void aFullQueueRefusesAndSaysWhenToComeBack() throws InterruptedException {
        start(1, 30);
        submitted(request(0, 3));
        network.awaitStep();
        submitted(request(4, 20));
        QueueFullException full = assertThrows(QueueFullException.class, () -> submitted(request(4, 20)));
        assertEquals("22 tokens wait already; allowed: 30", full.getMessage());
        // 14 tokens too many, at the 50 a second that are supposed before anything was measured.
        assertEquals(Duration.ofMillis(280), full.retryAfter());
    }

    @Test
    void whatCouldNeverWaitTogetherIsNotHeld() {
        start(2, 50);
        assertTrue(scheduler.canHold(List.of(request(4, 20), request(4, 20), request(4, 20), request(4, 20))));
        assertFalse(scheduler.canHold(Collections.nCopies(5, request(4, 20))));
        assertTrue(scheduler.canHold(Collections.nCopies(3, request(4, 50))));
    }

    @Test
    void theWaitFollowsTheMeasuredPace() {
        start(1, 1000);
        RequestQueue queue = new RequestQueue(30);
        queue.add(waiting(30));
        for (int second = 0; second < 60; second++) {
            queue.measured(10, 1);
        }
        QueueFullException full = assertThrows(QueueFullException.class, () -> queue.add(waiting(20)));
        assertEquals(2000, full.retryAfter().toMillis(), 20);
    }

    private ActiveReply waiting(int tokens) {
        return new ActiveReply(request(0, tokens - 2), new Heard(), tokenizer);
    }

    @Test
    void aPromptIsScoredInPiecesBeforeItsReplyGrows() throws InterruptedException {
        start(1, 1000);
        network.allowAll();
        int[] prompt = IntStream.range(0, 20).map(i -> i == 0 ? 3 : i).toArray();
        Heard heard = submitted(scored(prompt, 3));
        Completion completion = heard.awaitCompletion();
        assertEquals("z", completion.text());
        assertEquals(List.of(8, 8, 3), network.scored);
        assertEquals(List.of(1), network.pieces);
        assertEquals(
                IntStream.range(1, 20).boxed().toList(),
                completion.prompt().stream()
                        .map(token -> (int) -token.logProb())
                        .toList());
        assertTrue(completion.prompt().stream()
                .allMatch(token -> token.id() == (int) -token.logProb()
                        && token.alternatives().size() == 2));
        assertEquals("promptRead", heard.calls.get(0));
    }

    @Test
    void aScoredPromptIsReadFromItsBeginningWhateverIsKnownOfIt() throws InterruptedException {
        start(1, 1000);
        network.allowAll();
        int[] prompt = IntStream.range(0, 20).map(i -> i == 0 ? 3 : i).toArray();
        submitted(new GenerationRequest(prompt, 3, new Sampler.Greedy(), List.of(), 0))
                .awaitCompletion();
        assertEquals(19, submitted(scored(prompt, 3)).awaitCompletion().prompt().size());
    }

    @Test
    void aReplyOfNoTokensIsOnlyAScoredPrompt() throws InterruptedException {
        start(1, 1000);
        network.allowAll();
        for (int length : new int[] {1, 2, 12}) {
            Heard heard = submitted(scored(new int[length], 0));
            Completion completion = heard.awaitCompletion();
            assertEquals("", completion.text());
            assertEquals(FinishReason.LENGTH, completion.finishReason());
            assertEquals(length - 1, completion.prompt().size());
            assertEquals(List.of("promptRead", "finished"), heard.calls);
        }
        assertEquals("z", submitted(request(3, 20)).awaitCompletion().text());
    }

    private static GenerationRequest scored(int[] prompt, int maxTokens) {
        Report report = new Report(2, Set.of(Report.Part.PROMPT));
        return new GenerationRequest(prompt, maxTokens, new Sampler.Greedy(), List.of(), Steering.NONE, report);
    }

    @Test
    void aReplyOfNoTokensWithoutAReportIsRefused() {
        start(1, 1000);
        assertThrows(IllegalArgumentException.class, () -> request(0, 0));
    }

    @Test
    void theLoadSaysWhatRunsAndWhatWaits() throws InterruptedException {
        start(1, 1000);
        submitted(request(4, 20));
        network.awaitStep();
        submitted(request(0, 3));
        network.allow(2);
        network.awaitStep();
        network.awaitStep();
        assertEquals(new BatchScheduler.Load(1, 1, 3, CAPACITY), scheduler.load());
    }

    @Test
    void anEmptyQueueTakesARequestLargerThanItsBound() throws InterruptedException {
        start(1, 5);
        network.allowAll();
        assertEquals("hello there", submitted(request(0, 20)).awaitCompletion().text());
    }

    @Test
    void aTokenIsToldWhileTheNextOneIsMade() throws InterruptedException {
        start(1, 1000);
        List<Boolean> meanwhile = Collections.synchronizedList(new ArrayList<>());
        Heard heard = new Heard(() -> meanwhile.add(network.meanwhile));
        scheduler.submit(request(4, 3), heard);
        network.allowAll();
        heard.awaitCompletion();
        assertEquals(List.of(true, true, false), meanwhile);
    }

    @Test
    void whatEndedInTheLastStepBeforeTheCloseIsToldSo() throws InterruptedException {
        start(2, 1000);
        Heard growing = submitted(request(4, 20));
        network.awaitStep();
        Heard ending = submitted(request(3, 1));
        network.allow(2);
        network.awaitStep();
        network.awaitStep();
        Thread closing = new Thread(scheduler::close);
        closing.start();
        awaitRest(closing);
        network.allowAll();
        closing.join();
        assertEquals(List.of("progressed", "finished"), ending.calls);
        assertEquals("the model is being unloaded", growing.failure.getMessage());
    }

    @Test
    void aListenerThatThrowsLosesOnlyItsOwnReply() throws InterruptedException {
        start(2, 1000);
        RuntimeException thrown = new IllegalStateException("the reader is gone");
        Heard broken = new Heard(() -> {
            throw thrown;
        });
        scheduler.submit(request(4, 20), broken);
        Heard other = submitted(request(2, 20));
        network.allowAll();
        assertEquals("one two three four", other.awaitCompletion().text());
        broken.awaitEnd();
        assertSame(thrown, broken.failure);
        assertEquals(List.of("progressed", "failed"), broken.calls);
    }

    @Test
    void anErrorOfAListenerLosesOnlyItsOwnReply() throws InterruptedException {
        start(2, 1000);
        scheduler.submit(request(4, 20), new Heard(() -> {
            throw new AssertionError("a listener's mistake");
        }));
        Heard other = submitted(request(2, 20));
        network.allowAll();
        assertEquals("one two three four", other.awaitCompletion().text());
    }

    @Test
    void aListenerThatThrowsAtTheEndIsNotToldASecondEnd() throws InterruptedException {
        start(1, 1000);
        List<String> calls = new ArrayList<>();
        scheduler.submit(request(3, 1), new Throwing(calls));
        network.allowAll();
        submitted(request(3, 2)).awaitCompletion();
        assertEquals(List.of("progressed", "finished"), calls);
    }

    /** Throws from both ends. */
    private record Throwing(List<String> calls) implements GenerationListener {
        @Override
        public void progressed(String text, List<GeneratedToken> tokens) {
            calls.add("progressed");
        }

        @Override
        public void finished(Completion completion) {
            calls.add("finished");
            throw new IllegalStateException("finished");
        }

        @Override
        public void failed(RuntimeException cause) {
            calls.add("failed");
            throw new IllegalStateException("failed");
        }
    }

    @Test
    void aFailureOfTheNetworkFailsWhatRunsAndTheSchedulerGoesOn() throws InterruptedException {
        for (Throwable failure : List.of(new IllegalStateException("shape"), new OutOfMemoryError("native"))) {
            start(2, 1000);
            Heard first = submitted(request(0, 20));
            network.awaitStep();
            network.failure = failure;
            // A listener that cannot take the news must not keep it from others.
            scheduler.submit(request(2, 20), new Throwing(new ArrayList<>()));
            network.allow(1);
            first.awaitEnd();
            assertEquals(List.of("failed"), first.calls);
            assertSame(failure, first.failure.getCause() == null ? first.failure : first.failure.getCause());
            network.allowAll();
            assertEquals("z", submitted(request(3, 20)).awaitCompletion().text());
            scheduler.close();
        }
    }

    @Test
    void aListenerThatThrowsAtAFailureHarmsNobody() throws InterruptedException {
        start(2, 1000);
        List<String> calls = new ArrayList<>();
        scheduler.submit(request(0, 20), new Throwing(calls));
        network.awaitStep();
        network.failure = new IllegalStateException("shape");
        network.allowAll();
        assertEquals("z", submitted(request(3, 20)).awaitCompletion().text());
        assertEquals(List.of("failed"), calls);
    }

    @Test
    void closingFailsWhatRunsAndWhatWaitsAndFreesTheNetwork() throws InterruptedException {
        start(1, 1000);
        Heard running = submitted(request(4, 20));
        network.awaitStep();
        scheduler.submit(request(0, 20), new Throwing(new ArrayList<>()));
        Heard waiting = submitted(request(0, 20));
        Thread closing = new Thread(scheduler::close);
        closing.start();
        waiting.awaitEnd();
        assertFalse(network.closed);
        network.allowAll();
        running.awaitEnd();
        closing.join();
        assertEquals("the model is being unloaded", running.failure.getMessage());
        assertEquals("the model is being unloaded", waiting.failure.getMessage());
        assertTrue(network.decodingClosed && network.closed);
    }

    @Test
    void aClosedSchedulerRefusesAndMayBeClosedAgain() {
        start(1, 1000);
        scheduler.close();
        scheduler.close();
        assertThrows(IllegalStateException.class, () -> submitted(request(0, 3)));
    }

    @Test
    void aNetworkThatCannotDecodeIsFreed() {
        start(1, 1000);
        ScriptedNetwork broken = new ScriptedNetwork(List.of());
        Limits noSlots = new Limits(-1, CAPACITY, 10, 10);
        assertInstanceOf(
                NegativeArraySizeException.class,
                assertThrows(
                        RuntimeException.class,
                        () -> new BatchScheduler(broken, tokenizer, new int[0], noSlots, System::nanoTime)));
        assertTrue(broken.closed);
    }
}
