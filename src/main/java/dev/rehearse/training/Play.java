package dev.rehearse.training;

import dev.rehearse.generation.FinishReason;
import dev.rehearse.generation.Generator;
import dev.rehearse.generation.Generator.Behaviour;
import dev.rehearse.generation.Reply;
import dev.rehearse.grading.Grade;
import dev.rehearse.grading.Grader;
import dev.rehearse.grading.Sample;
import dev.rehearse.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;

/** Chooses replies, and observes the reward of each. Confined to the run's thread. */
final class Play {
    private final Grader grader;
    private final Tokenizer tokenizer;
    private final LongSupplier nanoTime;
    private long samplingNanos;
    private long gradingNanos;

    Play(Grader grader, Tokenizer tokenizer, LongSupplier nanoTime) {
        this.grader = grader;
        this.tokenizer = tokenizer;
        this.nanoTime = nanoTime;
    }

    /** A prompt with the row that graders see. */
    record Task(int[] prompt, Example example) {}

    /** A reply and what the grader said of it. */
    record Outcome(Task task, Reply reply, String text, Grade grade) {
        boolean ended() {
            return reply.finishReason() == FinishReason.STOP;
        }
    }

    List<Outcome> play(Generator generator, List<Task> tasks, Behaviour behaviour) {
        long begin = nanoTime.getAsLong();
        Reply[] replies = generator.generate(tasks.stream().map(Task::prompt).toList(), behaviour);
        long between = nanoTime.getAsLong();
        List<Outcome> outcomes = new ArrayList<>(replies.length);
        for (int i = 0; i < replies.length; i++) {
            String text = tokenizer.decode(replies[i].tokens());
            Grade grade = grader.grade(tasks.get(i).example().item(), new Sample(text));
            outcomes.add(new Outcome(tasks.get(i), replies[i], text, grade));
        }
        samplingNanos += between - begin;
        gradingNanos += nanoTime.getAsLong() - between;
        return outcomes;
    }

    double samplingSeconds() {
        return samplingNanos / 1e9;
    }

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
