package dev.rehearse.training;

import java.util.List;

/** The examples of a run. Immutable. When {@code validation} is empty, a share of {@code train} is held out. */
public record TrainingData(List<Example> train, List<Example> validation) {
    public TrainingData {
        train = List.copyOf(train);
        validation = List.copyOf(validation);
    }
}
