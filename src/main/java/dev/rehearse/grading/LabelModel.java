package dev.rehearse.grading;

import java.util.List;
import java.util.Optional;

/**
 * 1 if the label that a model gives is a passing one, else 0. The model is to answer with {@code {"result": "label"}} or
 * with the label alone, letter for letter.
 *
 * <p>Immutable.
 *
 * @param passingLabels some of the labels, at least one
 */
public record LabelModel(
        String name,
        String model,
        ModelInput input,
        List<String> labels,
        List<String> passingLabels,
        ChatModels.SamplingParams sampling)
        implements Grader {

    public LabelModel {
        labels = List.copyOf(labels);
        passingLabels = List.copyOf(passingLabels);
        if (labels.isEmpty() || passingLabels.isEmpty()) {
            throw new IllegalArgumentException(
                    (labels.isEmpty() ? "labels" : "passing_labels") + " is empty; at least one is needed");
        }
        if (!labels.containsAll(passingLabels)) {
            throw new IllegalArgumentException(
                    "passing_labels are " + passingLabels + "; each must be one of the labels " + labels);
        }
    }

    @Override
    public String type() {
        return "label_model";
    }

    @Override
    public List<Grade> grade(List<Subject> subjects, Services services) {
        return Single.grade(this, subjects, services, subject -> {
            ChatModels.Question question = new ChatModels.Question(model, input.render(subject), sampling);
            return ModelAnswer.verdict(services, question, this::score, "one of the labels " + labels);
        });
    }

    private Optional<Double> score(String result) {
        return labels.contains(result) ? Optional.of(passingLabels.contains(result) ? 1.0 : 0.0) : Optional.empty();
    }
}
