package dev.rehearse.grading;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.Collectors;

/**
 * How close two texts are, in [0, 1]; each constant's class cites its definition and numbers its deviations.
 *
 * <p>Immutable.
 */
public enum TextMetric {
    FUZZY_MATCH(FuzzyMatch::ratio),
    BLEU(Bleu::score),
    GLEU(Gleu::score),
    METEOR(Meteor::score),
    ROUGE_1((text, reference) -> Rouge.ofOrder(1, text, reference)),
    ROUGE_2((text, reference) -> Rouge.ofOrder(2, text, reference)),
    ROUGE_3((text, reference) -> Rouge.ofOrder(3, text, reference)),
    ROUGE_4((text, reference) -> Rouge.ofOrder(4, text, reference)),
    ROUGE_5((text, reference) -> Rouge.ofOrder(5, text, reference)),
    ROUGE_L(Rouge::longestCommonSubsequence);

    private final ToDoubleBiFunction<String, String> definition;

    TextMetric(ToDoubleBiFunction<String, String> definition) {
        this.definition = definition;
    }

    /** Memory is linear in the lengths; time is too, except for {@code fuzzy_match} and {@code rouge_l}. */
    public double similarity(String text, String reference) {
        return definition.applyAsDouble(text, reference);
    }

    /** The name on the wire, such as {@code rouge_l}. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException unless it is the wire's name of a metric here */
    public static TextMetric parse(String wireName) {
        return Arrays.stream(values())
                .filter(metric -> metric.wireName().equals(wireName))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("evaluation_metric is '" + wireName
                        + "'; it must be one of "
                        + Arrays.stream(values()).map(TextMetric::wireName).collect(Collectors.joining(", "))));
    }
}
