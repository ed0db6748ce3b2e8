package dev.rehearse.grading;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The replies of one round: handed over in any order, graded in batches in that order, and told by their index, so that
 * who is ready first changes nothing. Confined to one thread; the grading happens on others.
 */
public final class GradingRound implements AutoCloseable {
    private static final long LOOK_UP_MILLIS = 50;

    private final int batch;
    private final Function<List<Subject>, Future<List<Grade>>> pool;
    private final @Nullable Grade[] grades;
    private final List<Integer> indexes = new ArrayList<>();
    private final List<Subject> subjects = new ArrayList<>();
    private final List<Pending> pending = new ArrayList<>();

    private record Pending(List<Integer> indexes, Future<List<Grade>> grades) {}

    GradingRound(int replies, int batch, Function<List<Subject>, Future<List<Grade>>> pool) {
        this.batch = batch;
        this.pool = pool;
        grades = new @Nullable Grade[replies];
    }

    /** Hands a reply over; grading begins when a batch is full. */
    public void add(int index, Subject subject) {
        indexes.add(index);
        subjects.add(subject);
        if (subjects.size() == batch) {
            submit();
        }
    }

    private void submit() {
        if (!subjects.isEmpty()) {
            pending.add(new Pending(List.copyOf(indexes), pool.apply(List.copyOf(subjects))));
            indexes.clear();
            subjects.clear();
        }
    }

    /**
     * All grades by index; each index must have been handed over once.
     *
     * @param meanwhile called now and then while waiting; what it throws ends the wait
     */
    public List<Grade> await(Runnable meanwhile) {
        submit();
        for (Pending batchOfGrades : pending) {
            List<Grade> graded = await(batchOfGrades.grades(), meanwhile);
            for (int i = 0; i < graded.size(); i++) {
                grades[batchOfGrades.indexes().get(i)] = graded.get(i);
            }
        }
        return Arrays.stream(grades).map(GradingRound::present).toList();
    }

    private static Grade present(@Nullable Grade grade) {
        if (grade == null) {
            throw new IllegalStateException("a reply was never handed over to be graded");
        }
        return grade;
    }

    private static List<Grade> await(Future<List<Grade>> grades, Runnable meanwhile) {
        while (true) {
            try {
                return grades.get(LOOK_UP_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                meanwhile.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CancellationException("interrupted while waiting for grades");
            } catch (ExecutionException e) {
                throw e.getCause() instanceof RuntimeException cause
                        ? cause
                        : new IllegalStateException("grading broke", e.getCause());
            }
        }
    }

    /** Interrupts what is not graded yet. Idempotent. */
    @Override
    public void close() {
        pending.forEach(batchOfGrades -> batchOfGrades.grades().cancel(true));
    }
}
