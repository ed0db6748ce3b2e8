package dev.rehearse.grading;

import dev.rehearse.grading.GraderCall.Failure;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What a {@link Grader} said of one reply. A grade with errors has score 0: no failure may look like a reward.
 *
 * <p>Immutable.
 *
 * @param score finite; in [0, 1] except where a {@link Formula}, a range or an {@link HttpGrader} leaves it
 * @param subScores of a {@link Multi}, by name and in its order; empty for the others
 * @param errors empty when the reply was graded
 * @param calls one for each grader that took part, in their order
 */
public record Grade(double score, Map<String, Double> subScores, Set<GradeError> errors, List<GraderCall> calls) {

    public Grade {
        if (!Double.isFinite(score)) {
            throw new IllegalArgumentException("score is " + score + "; it must be a finite number");
        }
        if (score != 0 && !errors.isEmpty()) {
            throw new IllegalArgumentException("score is " + score + " with " + errors + "; with errors it must be 0");
        }
        subScores = Collections.unmodifiableMap(new LinkedHashMap<>(subScores));
        EnumSet<GradeError> sorted = EnumSet.noneOf(GradeError.class);
        sorted.addAll(errors);
        errors = Collections.unmodifiableSet(sorted);
        calls = List.copyOf(calls);
    }

    /** A grade that nobody asks how it came about. */
    public Grade(double score, Map<String, Double> subScores, Set<GradeError> errors) {
        this(score, subScores, errors, List.of());
    }

    static Grade of(GraderCall call) {
        Failure failure = call.failure();
        Set<GradeError> errors = failure == null ? Set.of() : Set.of(failure.error());
        return new Grade(call.score(), Map.of(), errors, List.of(call));
    }

    /** What went wrong, by the calls' order. */
    public List<Failure> failures() {
        return calls.stream().map(GraderCall::failure).filter(Objects::nonNull).toList();
    }
}
