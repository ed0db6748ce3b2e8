package dev.rehearse.grading;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * 1 if the comparison holds, else 0.
 *
 * <p>Immutable.
 */
public record StringCheck(String name, Template input, Template reference, Operation operation) implements Grader {

    @Override
    public String type() {
        return "string_check";
    }

    @Override
    public List<Grade> grade(List<Subject> subjects, Services services) {
        return Single.grade(this, subjects, services, subject -> {
            String text = input.render(subject.item(), subject.sample());
            return Verdict.of(operation.holds(text, reference.render(subject.item(), subject.sample())) ? 1 : 0);
        });
    }

    /** How the two texts are compared, code unit by code unit: no trimming, no Unicode normalisation. */
    public enum Operation {
        EQ,
        NE,
        /** The input contains the reference; the empty reference is in every input. */
        LIKE,
        /** {@link #LIKE} after lower-casing both in the root locale. */
        ILIKE;

        /** The name on the wire, such as {@code eq}. */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }

        /**
         * Reads the wire's name, and {@code neq}, which OpenAI's guide writes once for {@code ne}.
         *
         * @throws IllegalArgumentException for any other name
         */
        public static Operation parse(String wireName) {
            if (wireName.equals("neq")) {
                return NE;
            }
            return Arrays.stream(values())
                    .filter(operation -> operation.wireName().equals(wireName))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(
                            "operation is '" + wireName + "'; it must be one of eq, ne, like, ilike"));
        }

        boolean holds(String input, String reference) {
            return switch (this) {
                case EQ -> input.equals(reference);
                case NE -> !input.equals(reference);
                case LIKE -> input.contains(reference);
                case ILIKE -> input.toLowerCase(Locale.ROOT).contains(reference.toLowerCase(Locale.ROOT));
            };
        }
    }
}
