package dev.rehearse.jobs;

import dev.rehearse.training.RunControl;
import dev.rehearse.training.RunResult;
import dev.rehearse.training.RunSpec;

/** The one thing that trains. Called by a worker's thread, by several at once. */
@FunctionalInterface
public interface Training {
    /** Trains to the end; ends with the exceptions of {@link dev.rehearse.training.Trainer#run}. */
    RunResult run(RunSpec spec, RunControl control);
}
