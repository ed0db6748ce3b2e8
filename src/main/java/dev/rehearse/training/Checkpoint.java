package dev.rehearse.training;

import java.nio.file.Path;
import java.util.Map;

/**
 * A model directory written after {@code step} updates. Immutable.
 *
 * @param directory a Hugging Face model directory, complete and synced before this record exists
 */
public record Checkpoint(int step, Path directory, Map<String, Double> metrics) {
    public Checkpoint {
        metrics = Map.copyOf(metrics);
    }
}
