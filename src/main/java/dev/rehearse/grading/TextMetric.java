package dev.rehearse.grading;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * How close two texts are, in [0, 1]; the class of each cites its definition and numbers its deviations.
 *
 * <p>Immutable.
 */
public enum TextMetric {
    FUZZY_MATCH,
    BLEU,
    GLEU,
    METEOR,
    ROUGE_1,
    ROUGE_2,
    ROUGE_3,
    ROUGE_4,
    ROUGE_5,
    ROUGE_L;

    /** Memory is linear in the lengths; time is too, except for {@code fuzzy_match} and {@code rouge_l}. */
    public double similarity(String text, String reference) {
        return switch (this) {
            case FUZZY_MATCH -> FuzzyMatch.ratio(text, reference);
            case BLEU -> Bleu.score(text, reference);
            case GLEU -> Gleu.score(text, reference);
            case METEOR -> Meteor.score(text, reference);
            case ROUGE_1 -> Rouge.ofOrder(1, text, reference);
            case ROUGE_2 -> Rouge.ofOrder(2, text, reference);
            case ROUGE_3 -> Rouge.ofOrder(3, text, reference);
            case ROUGE_4 -> Rouge.ofOrder(4, text, reference);
            case ROUGE_5 -> Rouge.ofOrder(5, text, reference);
            case ROUGE_L -> Rouge.longestCommonSubsequence(text, reference);
        };
    }

    /** The name on the wire, such as {@code rouge_l}. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Reads the wire's name.
     *
     * @throws IllegalArgumentException for any other, and for {@code cosine}, which is {@link CosineSimilarity}
     */
    public static TextMetric parse(String wireName) {
        return Arrays.stream(values())
                .filter(metric -> metric.wireName().equals(wireName))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("evaluation_metric is '" + wireName
                        + "'; it must be one of "
                        + CosineSimilarity.METRIC + ", "
                        + Arrays.stream(values()).map(TextMetric::wireName).collect(Collectors.joining(", "))));
    }
}
