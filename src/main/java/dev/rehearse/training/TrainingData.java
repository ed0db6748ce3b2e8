package dev.rehearse.training;

import dev.rehearse.text.TextCleaning;
import java.util.List;

/** The examples of a run. Immutable. When {@code validation} is empty, a share of {@code train} is held out. */
public record TrainingData(List<Example> train, List<Example> validation) {
    public TrainingData {
        train = List.copyOf(train);
        validation = List.copyOf(validation);
    }

    /** The same rows with every text cleaned, and lower-cased where the cleaning says so. */
    TrainingData cleaned(TextCleaning cleaning) {
        return new TrainingData(cleaned(train, cleaning), cleaned(validation, cleaning));
    }

    private static List<Example> cleaned(List<Example> examples, TextCleaning cleaning) {
        return examples.stream()
                .map(example ->
                        new Example(example.line(), example.conversation().map(cleaning::clean), example.item()))
                .toList();
    }
}
