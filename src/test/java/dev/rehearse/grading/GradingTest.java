package dev.rehearse.grading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.grading.ChatModels.Answer;
import dev.rehearse.grading.ChatModels.SamplingParams;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class GradingTest {
    private final List<GraderCall> heard = new CopyOnWriteArrayList<>();

    private Grading grading(ChatModels models, int threads, int queued) {
        Services none = Services.none(() -> 0);
        return new Grading(
                new Services(none.embedding(), models, none.servers(), none.nanoTime()),
                new Grading.Limits(threads, queued, 4, 0.5),
                heard::add);
    }

    /** Its model is told the reply. */
    private static ScoreModel judge() {
        ModelInput input =
                new ModelInput(List.of(new ModelInput.Message("user", Template.parse("{{sample.output_text}}"))));
        return new ScoreModel("j", "judge", input, new ScoreModel.Range(0, 1_000), SamplingParams.USUAL);
    }

    private static Answer number(String text) {
        return new Answer(text, new Tokens("judge", 1, 1));
    }

    private static Subject reply(int i) {
        return Subject.of(Map.of(), new Sample(Integer.toString(i)));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new GraderUnavailable(GradeError.OTHER_ERROR, "interrupted");
        }
    }

    @Test
    void gradesAreToldByIndexWhoeverIsReadyFirst() {
        CountDownLatch last = new CountDownLatch(1);
        ChatModels models = question -> {
            String text = question.turns().get(0).content();
            if (text.equals("9")) {
                last.countDown();
            } else {
                await(last); // the reply handed over first is graded last
            }
            return number(text);
        };
        try (Grading grading = grading(models, 10, 10);
                GradingRound round = grading.round(judge(), 10)) {
            for (int i = 0; i < 10; i++) {
                round.add(9 - i, reply(i));
            }
            assertThat(round.await(() -> {}))
                    .extracting(Grade::score)
                    .containsExactly(9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0);
        }
        assertThat(heard).hasSize(10);
    }

    @Test
    void gradingHasBegunBeforeTheLastReplyIsHandedOver() {
        CountDownLatch begun = new CountDownLatch(1);
        ChatModels models = question -> {
            begun.countDown();
            return number("1");
        };
        try (Grading grading = grading(models, 1, 10);
                GradingRound round = grading.round(judge(), 2)) {
            round.add(0, reply(0));
            await(begun);
            round.add(1, reply(1));
            assertThat(round.await(() -> {})).hasSize(2);
        }
    }

    @Test
    void asManyAsThereAreThreadsAreGradedAtOnce() {
        CyclicBarrier both = new CyclicBarrier(2);
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        ChatModels models = question -> {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            try {
                both.await();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            now.decrementAndGet();
            return number("1");
        };
        try (Grading grading = grading(models, 2, 100);
                GradingRound round = grading.round(judge(), 20)) {
            IntStream.range(0, 20).forEach(i -> round.add(i, reply(i)));
            round.await(() -> {});
        }
        assertThat(most.get()).isEqualTo(2);
    }

    @Test
    void whereTheQueueIsFullTheCallerGrades() {
        CountDownLatch goOn = new CountDownLatch(1);
        Set<String> threads = Collections.synchronizedSet(new HashSet<>());
        ChatModels models = question -> {
            threads.add(Thread.currentThread().getName());
            if (!question.turns().get(0).content().equals("2")) {
                await(goOn);
            }
            return number("1");
        };
        try (Grading grading = grading(models, 1, 1);
                GradingRound round = grading.round(judge(), 3)) {
            IntStream.range(0, 3).forEach(i -> round.add(i, reply(i)));
            assertThat(threads).contains(Thread.currentThread().getName());
            goOn.countDown();
            assertThat(round.await(() -> {})).hasSize(3);
        }
    }

    @Test
    void whoWaitsMayChangeHisMindAndWhatIsUnderWayIsInterrupted() {
        CountDownLatch interrupted = new CountDownLatch(1);
        ChatModels models = question -> {
            try {
                Thread.sleep(60_000);
            } catch (InterruptedException e) {
                interrupted.countDown();
            }
            return number("1");
        };
        try (Grading grading = grading(models, 1, 10)) {
            try (GradingRound round = grading.round(judge(), 1)) {
                round.add(0, reply(0));
                assertThatThrownBy(() -> round.await(() -> {
                            throw new IllegalStateException("stopped");
                        }))
                        .hasMessage("stopped");
            }
            await(interrupted);
        }
        assertThat(interrupted.getCount()).isZero();
    }

    @Test
    void nobodyWaitsForAPoolThatIsClosed() {
        CountDownLatch begun = new CountDownLatch(1);
        ChatModels models = question -> {
            begun.countDown();
            await(new CountDownLatch(1));
            return number("1");
        };
        Grading grading = grading(models, 1, 10);
        try (GradingRound round = grading.round(judge(), 2)) {
            round.add(0, reply(0));
            round.add(1, reply(1));
            await(begun);
            grading.close();
            assertThatThrownBy(() -> round.await(() -> {})).isInstanceOf(CancellationException.class);
        }
        assertThatThrownBy(() -> grading.grade(judge(), reply(2))).isInstanceOf(RejectedExecutionException.class);
    }

    @Test
    void theTotalsOfAMultiAreThoseOfItsGraders() {
        Map<String, Grader> parts = Map.of("a", judge());
        Multi multi = new Multi("m", parts, Formula.parse("a / (a - 2)", parts.keySet()));
        try (Grading grading =
                grading(question -> number(question.turns().get(0).content()), 1, 10)) {
            Grade good = grading.grade(multi, reply(3));
            assertThat(good.score()).isEqualTo(3);
            assertThat(good.calls()).extracting(GraderCall::name).containsExactly("a");
            Grade bad = grading.grade(multi, reply(2));
            assertThat(bad.calls()).extracting(GraderCall::name).containsExactly("a", "m");
            GraderTotals totals = GraderTotals.of(good.calls().get(0))
                    .plus(GraderTotals.of(bad.calls().get(0)));
            assertThat(totals)
                    .isEqualTo(new GraderTotals("a", "score_model", 2, 5, Map.of(), 0, new GraderTotals.Cost(2, 2)));
            assertThat(GraderTotals.of(bad.calls().get(1)).errors())
                    .isEqualTo(Map.of(GradeError.FORMULA_PARSE_ERROR, 1L));
        }
    }

    private static Grade failed(boolean byReply) {
        var failure = new GraderCall.Failure(GradeError.OTHER_ERROR, "the server is gone", byReply);
        return Grade.of(new GraderCall("g", "http", 0, failure, 0, null));
    }

    private static Grade passed() {
        return Grade.of(new GraderCall("g", "http", 1, null, 0, null));
    }

    @Test
    void moreErrorsThanTheBudgetEndTheRunWithTheLastOne() {
        ErrorBudget budget = new ErrorBudget(4, 0.5);
        budget.count(failed(false));
        budget.count(failed(false));
        budget.count(failed(false));
        assertThatThrownBy(() -> budget.count(passed()))
                .isInstanceOf(TooManyGraderErrors.class)
                .hasMessageContaining("3 of 4")
                .hasMessageEndingWith("other_error: the server is gone");
    }

    @Test
    void aRestoredBudgetGoesOnCountingInTheOpenWindow() {
        ErrorBudget before = new ErrorBudget(4, 0.5);
        for (int i = 0; i < 3; i++) {
            before.count(failed(false));
        }
        ErrorBudget restored = new ErrorBudget(4, 0.5);
        restored.restore(before.counts());
        assertThatThrownBy(() -> restored.count(passed()))
                .isInstanceOf(TooManyGraderErrors.class)
                .hasMessageContaining("3 of 4")
                .hasMessageEndingWith("the server is gone");
    }

    @Test
    void theBudgetIsPerWindowAndRepliesThatAreToBlameDoNotSpendIt() {
        assertThatCode(() -> {
                    ErrorBudget budget = new ErrorBudget(4, 0.5);
                    for (int i = 0; i < 100; i++) {
                        budget.count(i % 4 < 2 ? failed(false) : passed());
                    }
                    for (int i = 0; i < 100; i++) {
                        budget.count(failed(true));
                    }
                })
                .doesNotThrowAnyException();
    }

    @Test
    void aReplyThatLacksWhatATemplateAsksForIsItselfToBlameButARowIsNot() {
        Services services = Services.none(() -> 0);
        Subject subject = Subject.of(Map.of(), new Sample("{}"));
        Template there = Template.parse("x");
        assertThat(List.of("{{sample.output_json.a}}", "{{item.a}}"))
                .extracting(source -> new StringCheck("", Template.parse(source), there, StringCheck.Operation.EQ)
                        .grade(List.of(subject), services)
                        .get(0)
                        .failures()
                        .get(0)
                        .byReply())
                .containsExactly(true, false);
    }
}
