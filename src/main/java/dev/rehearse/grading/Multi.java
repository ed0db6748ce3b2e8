package dev.rehearse.grading;

import dev.rehearse.grading.GraderCall.Failure;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

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
    public String type() {
        return "multi";
    }

    @Override
    public int batchSize() {
        return graders.values().stream().mapToInt(Grader::batchSize).max().orElse(1);
    }

    @Override
    public List<Grade> grade(List<Subject> subjects, Services services) {
        Map<String, List<Grade>> parts = new LinkedHashMap<>();
        graders.forEach((variable, grader) -> parts.put(variable, grader.grade(subjects, services)));
        return IntStream.range(0, subjects.size()).mapToObj(i -> join(parts, i)).toList();
    }

    private Grade join(Map<String, List<Grade>> parts, int i) {
        Map<String, Double> subScores = new LinkedHashMap<>();
        List<GraderCall> calls = new ArrayList<>();
        parts.forEach((variable, grades) -> {
            subScores.put(variable, grades.get(i).score());
            grades.get(i).calls().forEach(call -> calls.add(call.named(variable)));
        });
        Set<GradeError> errors = EnumSet.noneOf(GradeError.class);
        parts.values().forEach(grades -> errors.addAll(grades.get(i).errors()));
        if (!errors.isEmpty()) {
            return new Grade(0, subScores, errors, calls);
        }
        try {
            return new Grade(calculateOutput.evaluate(subScores), subScores, errors, calls);
        } catch (FormulaNotFinite e) {
            Grade failed = Single.grade(this, Verdict.failed(Failure.of(e)), 0);
            calls.addAll(failed.calls());
            return new Grade(0, subScores, failed.errors(), calls);
        }
    }
}
