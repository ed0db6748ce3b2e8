package dev.rehearse.training;

import dev.rehearse.generation.FinishReason;
import dev.rehearse.generation.Generator;
import dev.rehearse.generation.Generator.Behaviour;
import dev.rehearse.generation.Reply;
import dev.rehearse.grading.ErrorBudget;
import dev.rehearse.grading.Grade;
import dev.rehearse.grading.Grader;
import dev.rehearse.grading.GraderCall;
import dev.rehearse.grading.GraderTotals;
import dev.rehearse.grading.Grading;
import dev.rehearse.grading.GradingRound;
import dev.rehearse.grading.Sample;
import dev.rehearse.grading.Subject;
import dev.rehearse.text.Tokenizer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * Chooses replies, and observes the reward of each: a reply is graded, on other threads, while longer ones still grow.
 * Confined to the run's thread.
 */
final class Play {
    private final Grading grading;
    private final Grader grader;
    private final Tokenizer tokenizer;
    private final RunControl control;
    private final LongSupplier nanoTime;
    private final ErrorBudget errors;
    private Subject.Moment moment = Subject.Moment.NONE;
    private long samplingNanos;
    private long gradingNanos;

    Play(Grading grading, Grader grader, Tokenizer tokenizer, RunControl control, LongSupplier nanoTime) {
        this.grading = grading;
        this.grader = grader;
        this.tokenizer = tokenizer;
        this.control = control;
        this.nanoTime = nanoTime;
        errors = grading.errorBudget();
    }

    /** From now on graders hear that the run is there. */
    void at(int step, int totalSteps) {
        moment = new Subject.Moment(step, totalSteps);
    }

    /** A prompt with the row that graders see. */
    record Task(int[] prompt, Example example) {}

    /** A reply and what the grader said of it. */
    record Outcome(Task task, Reply reply, String text, Grade grade) {
        boolean ended() {
            return reply.finishReason() == FinishReason.STOP;
        }
    }

    /** @throws dev.rehearse.grading.TooManyGraderErrors when the grader fails too often */
    List<Outcome> play(Generator generator, List<Task> tasks, Behaviour behaviour) {
        long begin = nanoTime.getAsLong();
        String[] texts = new String[tasks.size()];
        try (GradingRound round = grading.round(grader, tasks.size())) {
            List<int[]> prompts = tasks.stream().map(Task::prompt).toList();
            Reply[] replies = generator.generate(prompts, behaviour, new Generator.Listener() {
                @Override
                public void finished(int i, Reply reply) {
                    texts[i] = tokenizer.decode(reply.tokens());
                    round.add(i, new Subject(tasks.get(i).example().item(), new Sample(texts[i]), moment));
                }

                @Override
                public void growing() {
                    control.stopIfRequested();
                }
            });
            long between = nanoTime.getAsLong();
            List<Grade> grades = round.await(control::stopIfRequested);
            samplingNanos += between - begin;
            gradingNanos += nanoTime.getAsLong() - between;
            observe(replies, grades, behaviour);
            return IntStream.range(0, replies.length)
                    .mapToObj(i -> new Outcome(tasks.get(i), replies[i], texts[i], grades.get(i)))
                    .toList();
        }
    }

    private void observe(Reply[] replies, List<Grade> grades, Behaviour behaviour) {
        Map<String, GraderTotals> totals = new LinkedHashMap<>();
        for (Grade grade : grades) {
            for (GraderCall call : grade.calls()) {
                totals.merge(call.name(), GraderTotals.of(call), GraderTotals::plus);
            }
        }
        boolean training = behaviour instanceof Behaviour.Explore;
        control.report(new Progress.Graded(
                training ? Progress.Split.TRAIN : Progress.Split.VALID,
                Arrays.stream(replies).mapToLong(reply -> reply.tokens().length).sum(),
                List.copyOf(totals.values())));
        grades.forEach(errors::count);
    }

    RunState.Played played() {
        return new RunState.Played(samplingNanos, gradingNanos, errors.counts());
    }

    /** Goes on counting where an earlier run stopped. */
    void restore(RunState.Played played) {
        samplingNanos = played.sampling();
        gradingNanos = played.grading();
        errors.restore(played.errors());
    }

    double samplingSeconds() {
        return samplingNanos / 1e9;
    }

    /** What grading took beyond the time that generation took anyway. */
    double gradingSeconds() {
        return gradingNanos / 1e9;
    }

    static double[] rewards(List<Outcome> outcomes) {
        return outcomes.stream().mapToDouble(outcome -> outcome.grade().score()).toArray();
    }

    static double mean(double[] numbers) {
        return Arrays.stream(numbers).average().orElse(0);
    }

    /** Standard deviation of the sample, n − 1 in the denominator. */
    static double deviation(double[] numbers) {
        double mean = mean(numbers);
        double squares =
                Arrays.stream(numbers).map(x -> (x - mean) * (x - mean)).sum();
        return Math.sqrt(squares / Math.max(1, numbers.length - 1));
    }
}
