package dev.rehearse.grading;

import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Several graders, joined by a formula over their names. If one of them fails the whole grade is 0 with that error, for
 * a formula such as {@code 1 - penalty} would turn the failure's 0 into the best score; the sub-scores are kept.
 *
 * <p>Immutable.
 *
 * @param graders by the name that the formula uses, in the order of the request; at least one, none itself a multi
 */
public record Multi(String name, Map<String, Grader> graders, Formula calculateOutput) implements Grader {

    public Multi {
        graders = Collections.unmodifiableMap(new LinkedHashMap<>(graders));
        if (graders.isEmpty()) {
            throw new IllegalArgumentException("graders is empty; a multi grader needs at least one");
        }
        graders.forEach((variable, grader) -> {
            if (!Formula.isVariable(variable)) {
                throw new IllegalArgumentException("graders has the name '" + variable
                        + "'; a name must be letters, digits and '_', not starting with a digit");
            }
            if (grader instanceof Multi) {
                throw new IllegalArgumentException(
                        "graders." + variable + " is a multi grader; a multi grader cannot hold another");
            }
        });
        if (!graders.keySet().containsAll(calculateOutput.variables())) {
            throw new IllegalArgumentException("calculate_output uses " + calculateOutput.variables()
                    + "; the names of graders are " + graders.keySet());
        }
    }

    @Override
    public Grade grade(Map<String, ?> item, Sample sample) {
        Map<String, Double> subScores = new LinkedHashMap<>();
        Set<GradeError> errors = EnumSet.noneOf(GradeError.class);
        graders.forEach((variable, grader) -> {
            Grade grade = grader.grade(item, sample);
            subScores.put(variable, grade.score());
            errors.addAll(grade.errors());
        });
        return errors.isEmpty()
                ? Grade.of(() -> calculateOutput.evaluate(subScores), subScores)
                : new Grade(0, subScores, errors);
    }
}
