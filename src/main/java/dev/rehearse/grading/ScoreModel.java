package dev.rehearse.grading;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A model's number, clipped into a range. The model is to answer with {@code {"result": 0.7}} or with the number alone.
 *
 * <p>Immutable.
 */
public record ScoreModel(String name, String model, ModelInput input, Range range, ChatModels.SamplingParams sampling)
        implements Grader {
    private static final Pattern NUMBER = Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d{1,3})?");

    /** Both ends are allowed scores. */
    public record Range(double least, double most) {
        /** Where none is given. */
        public static final Range USUAL = new Range(0, 1);

        public Range {
            if (!(Double.isFinite(least) && Double.isFinite(most) && least < most)) {
                throw new IllegalArgumentException(
                        "range is [" + least + ", " + most + "]; it must be two finite numbers, the smaller one first");
            }
        }

        double clip(double score) {
            return Math.max(least, Math.min(most, score));
        }
    }

    @Override
    public String type() {
        return "score_model";
    }

    @Override
    public List<Grade> grade(List<Subject> subjects, Services services) {
        return Single.grade(this, subjects, services, subject -> {
            ChatModels.Question question = new ChatModels.Question(model, input.render(subject), sampling);
            return ModelAnswer.verdict(services, question, this::score, "a number, or {\"result\": a number}");
        });
    }

    private Optional<Double> score(String result) {
        return NUMBER.matcher(result).matches()
                ? Optional.of(range.clip(Double.parseDouble(result)))
                : Optional.empty();
    }
}
