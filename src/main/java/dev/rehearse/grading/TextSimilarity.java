package dev.rehearse.grading;

import java.util.List;

/**
 * How close the input is to the reference, in [0, 1].
 *
 * <p>Immutable.
 */
public record TextSimilarity(String name, Template input, Template reference, TextMetric metric) implements Grader {

    @Override
    public String type() {
        return "text_similarity";
    }

    @Override
    public List<Grade> grade(List<Subject> subjects, Services services) {
        return Single.grade(
                this,
                subjects,
                services,
                subject -> Verdict.of(metric.similarity(
                        input.render(subject.item(), subject.sample()),
                        reference.render(subject.item(), subject.sample()))));
    }
}
