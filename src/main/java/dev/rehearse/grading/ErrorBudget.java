package dev.rehearse.grading;

import dev.rehearse.grading.GraderCall.Failure;
import org.jspecify.annotations.Nullable;

/**
 * Ends a run whose grader fails too often: an error is worth 0, and a run that learns from zeros learns nothing. Errors
 * that the reply is to blame for are not counted. Confined to the run's thread.
 */
public final class ErrorBudget {
    private final int window;
    private final double mostErrors;
    private int grades;
    private int errors;
    private @Nullable Failure last;

    ErrorBudget(int window, double mostErrors) {
        this.window = window;
        this.mostErrors = mostErrors;
    }

    /**
     * What was counted in the window that is open.
     *
     * @param last of the errors so far, of earlier windows too
     */
    public record Counts(int grades, int errors, @Nullable Failure last) {}

    public Counts counts() {
        return new Counts(grades, errors, last);
    }

    /** Goes on counting from there. */
    public void restore(Counts counts) {
        grades = counts.grades();
        errors = counts.errors();
        last = counts.last();
    }

    /**
     * Counts a grade; after each window the count starts anew.
     *
     * @throws TooManyGraderErrors when more than the allowed share of a window were errors
     */
    public void count(Grade grade) {
        grades++;
        Failure failure = grade.failures().stream()
                .filter(each -> !each.byReply())
                .findFirst()
                .orElse(null);
        if (failure != null) {
            errors++;
            last = failure;
        }
        if (grades < window) {
            return;
        }
        if (errors > mostErrors * grades && last != null) {
            throw new TooManyGraderErrors(errors + " of " + grades + " replies could not be graded. The last error was "
                    + last.error().wireName() + ": " + last.problem());
        }
        grades = 0;
        errors = 0;
    }
}
