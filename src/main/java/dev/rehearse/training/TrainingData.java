package dev.rehearse.training;

import dev.rehearse.text.TextCleaning;
import java.util.List;

/**
 * The examples of a run. Immutable.
 *
 * @param train empty where nothing but {@code logged} is learned from
 * @param validation when empty, a share of {@code train} is held out
 * @param logged what reinforcement remembers before it starts
 */
public record TrainingData(List<Example> train, List<Example> validation, List<LoggedEpisode> logged) {
    public TrainingData {
        train = List.copyOf(train);
        validation = List.copyOf(validation);
        logged = List.copyOf(logged);
    }

    /** Without logged episodes. */
    public TrainingData(List<Example> train, List<Example> validation) {
        this(train, validation, List.of());
    }

    /** The same rows with every text cleaned, and lower-cased where the cleaning says so. */
    TrainingData cleaned(TextCleaning cleaning) {
        return new TrainingData(cleaned(train, cleaning), cleaned(validation, cleaning), logged);
    }

    private static List<Example> cleaned(List<Example> examples, TextCleaning cleaning) {
        return examples.stream()
                .map(example ->
                        new Example(example.line(), example.conversation().map(cleaning::clean), example.item()))
                .toList();
    }
}
