package dev.rehearse.training;

import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** What a run's time goes into, the time between two executions left out. Confined to the run's thread. */
final class TimeSpent {
    private final LongSupplier nanoTime;
    private long begin;
    private long training;
    private long evaluation;

    TimeSpent(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        begin = nanoTime.getAsLong();
    }

    <T> T learn(Supplier<T> work) {
        long before = nanoTime.getAsLong();
        T done = work.get();
        training += nanoTime.getAsLong() - before;
        return done;
    }

    void evaluate(Runnable work) {
        long before = nanoTime.getAsLong();
        work.run();
        evaluation += nanoTime.getAsLong() - before;
    }

    double trainingSeconds() {
        return training / 1e9;
    }

    void put(Map<String, Double> metrics) {
        metrics.put(Metric.TRAINING_SECONDS.wireName(), trainingSeconds());
        metrics.put(Metric.EVALUATION_SECONDS.wireName(), evaluation / 1e9);
        metrics.put(Metric.ELAPSED_SECONDS.wireName(), elapsedSeconds());
    }

    double elapsedSeconds() {
        return (nanoTime.getAsLong() - begin) / 1e9;
    }

    /** @param blocked nanoseconds that learning waited for new episodes */
    RunState.Spent spent(long blocked) {
        return new RunState.Spent(nanoTime.getAsLong() - begin, training, evaluation, blocked);
    }

    /** Goes on counting where an earlier execution stopped. */
    void restore(RunState.Spent spent) {
        begin = nanoTime.getAsLong() - spent.elapsed();
        training = spent.training();
        evaluation = spent.evaluation();
    }
}
