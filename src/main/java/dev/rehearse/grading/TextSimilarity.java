package dev.rehearse.grading;

import java.util.Map;

/**
 * How close the input is to the reference, in [0, 1].
 *
 * <p>Immutable.
 */
public record TextSimilarity(String name, Template input, Template reference, TextMetric metric) implements Grader {

    @Override
    public Grade grade(Map<String, ?> item, Sample sample) {
        return Grade.of(() -> metric.similarity(input.render(item, sample), reference.render(item, sample)));
    }
}
