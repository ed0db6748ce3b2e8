package dev.rehearse.grading;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * What one grader did in several calls: sums, so that two of them can be added. Immutable.
 *
 * @param rewards sum over the calls, a failed one counting 0
 * @param errors how often each
 */
public record GraderTotals(
        String name, String type, long calls, double rewards, Map<GradeError, Long> errors, long nanos, Cost cost) {

    /** Tokens that a model grader took; 0 for the others. */
    public record Cost(long promptTokens, long completionTokens) {
        static final Cost NONE = new Cost(0, 0);
    }

    public GraderTotals {
        EnumMap<GradeError, Long> sorted = new EnumMap<>(GradeError.class);
        sorted.putAll(errors);
        errors = Collections.unmodifiableMap(sorted);
    }

    /** Of one call. */
    public static GraderTotals of(GraderCall call) {
        return new GraderTotals(
                call.name(),
                call.type(),
                1,
                call.score(),
                call.failure() == null ? Map.of() : Map.of(call.failure().error(), 1L),
                call.nanos(),
                call.tokens() == null
                        ? Cost.NONE
                        : new Cost(call.tokens().prompt(), call.tokens().completion()));
    }

    /** Both together; the name and the type are this one's. */
    public GraderTotals plus(GraderTotals other) {
        Map<GradeError, Long> both = new EnumMap<>(GradeError.class);
        both.putAll(errors);
        other.errors.forEach((error, count) -> both.merge(error, count, Long::sum));
        return new GraderTotals(
                name,
                type,
                calls + other.calls,
                rewards + other.rewards,
                both,
                nanos + other.nanos,
                new Cost(
                        cost.promptTokens + other.cost.promptTokens,
                        cost.completionTokens + other.cost.completionTokens));
    }
}
