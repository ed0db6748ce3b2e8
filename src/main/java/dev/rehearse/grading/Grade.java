package dev.rehearse.grading;

import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleSupplier;

/**
 * What a {@link Grader} said of one reply. A grade with errors has score 0: no failure may look like a reward.
 *
 * <p>Immutable.
 *
 * @param score finite; in [0, 1] except where a {@link Formula} leaves it
 * @param subScores of a {@link Multi}, by name and in its order; empty for the others
 * @param errors empty when the reply was graded
 */
public record Grade(double score, Map<String, Double> subScores, Set<GradeError> errors) {

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
    }

    /** The score, or score 0 and the error when computing it throws a {@link GradingException}. */
    static Grade of(DoubleSupplier score) {
        return of(score, Map.of());
    }

    static Grade of(DoubleSupplier score, Map<String, Double> subScores) {
        try {
            return new Grade(score.getAsDouble(), subScores, Set.of());
        } catch (GradingException e) {
            return new Grade(0, subScores, Set.of(e.error()));
        }
    }
}
