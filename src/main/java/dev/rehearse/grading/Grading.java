package dev.rehearse.grading;

import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Grades on a bounded pool, beside whatever its callers do meanwhile. Where the pool and its queue are full, callers grade
 * on their own thread, which slows them down as it must. Thread-safe; its threads are daemons that end when idle.
 */
public final class Grading implements AutoCloseable {
    private static final long IDLE_SECONDS = 5;

    private final Services services;
    private final Limits limits;
    private final Consumer<GraderCall> listener;
    private final ThreadPoolExecutor pool;

    /**
     * How much at once, and how much may go wrong.
     *
     * @param threads that grade; graders that ask a model or a server mostly wait
     * @param queued batches that may wait for a thread
     * @param errorsAfter grades after which the share of errors is looked at, again and again
     * @param mostErrors share of grades that may be the grader's errors, 0 to 1
     */
    public record Limits(int threads, int queued, int errorsAfter, double mostErrors) {
        /** Where nothing is set. */
        public static final Limits USUAL = new Limits(4, 1_024, 20, 0.5);

        public Limits {
            if (threads < 1 || queued < 1 || errorsAfter < 1 || !(mostErrors >= 0 && mostErrors <= 1)) {
                throw new IllegalArgumentException("threads " + threads + ", queued " + queued + ", errors-after "
                        + errorsAfter + ", most-errors " + mostErrors
                        + "; allowed: at least 1, at least 1, at least 1, 0 to 1");
            }
        }
    }

    /** @param listener hears of each call, on the thread that made it */
    public Grading(Services services, Limits limits, Consumer<GraderCall> listener) {
        this.services = services;
        this.limits = limits;
        this.listener = listener;
        AtomicInteger number = new AtomicInteger();
        pool = new ThreadPoolExecutor(
                limits.threads(),
                limits.threads(),
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(limits.queued()),
                task -> {
                    Thread thread = new Thread(task, "grading-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                },
                Grading::runByCaller);
        pool.allowCoreThreadTimeOut(true);
    }

    /** For graders that compare texts; those that ask a model or a server fail. */
    public static Grading ofTexts(LongSupplier nanoTime) {
        return new Grading(Services.none(nanoTime), Limits.USUAL, call -> {});
    }

    /** Replies that are graded as they come. */
    public GradingRound round(Grader grader, int replies) {
        return new GradingRound(replies, grader.batchSize(), subjects -> pool.submit(() -> now(grader, subjects)));
    }

    /** Waits for one grade. */
    public Grade grade(Grader grader, Subject subject) {
        try (GradingRound round = round(grader, 1)) {
            round.add(0, subject);
            return round.await(() -> {}).get(0);
        }
    }

    /** The share of errors that a run may have. */
    public ErrorBudget errorBudget() {
        return new ErrorBudget(limits.errorsAfter(), limits.mostErrors());
    }

    private List<Grade> now(Grader grader, List<Subject> subjects) {
        List<Grade> grades = grader.grade(subjects, services);
        grades.forEach(grade -> grade.calls().forEach(listener));
        return grades;
    }

    private static void runByCaller(Runnable task, ThreadPoolExecutor full) {
        if (full.isShutdown()) {
            throw new RejectedExecutionException("grading is closed");
        }
        task.run();
    }

    /** Interrupts what is being graded and cancels what waits; who waits for it gets a {@code CancellationException}. */
    @Override
    public void close() {
        for (Runnable waiting : pool.shutdownNow()) {
            ((Future<?>) waiting).cancel(true);
        }
    }
}
