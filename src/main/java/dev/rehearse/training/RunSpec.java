package dev.rehearse.training;

import java.nio.file.Path;

/**
 * Everything that determines a run; two runs of equal specs on as many processors of the same machine end with the same
 * bits, also when one of them was stopped on its way. Immutable.
 *
 * @param outputDirectory existing; empty, or what a stopped run of an equal spec left there: the run then goes on from
 *     the state that was saved last. Checkpoints are written below it
 */
public record RunSpec(StartingPoint start, TrainingData data, Method method, long seed, Path outputDirectory) {}
