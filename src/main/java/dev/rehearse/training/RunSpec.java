package dev.rehearse.training;

import java.nio.file.Path;

/**
 * Everything that determines a run; two runs of equal specs on the same machine end with the same bits. Immutable.
 *
 * @param outputDirectory existing, empty; checkpoints are written below it
 */
public record RunSpec(StartingPoint start, TrainingData data, Method method, long seed, Path outputDirectory) {}
