package dev.rehearse.training;

import java.util.Map;
import java.util.function.LongSupplier;

/**
 * One execution of a spec: what it is told by and tells, and what is saved of it. Confined to the run's thread.
 *
 * @param nanoTime a clock for rates and durations; learning does not depend on it
 */
record Run(RunSpec spec, RunControl control, LongSupplier nanoTime, RunStates states) {

    /** The same run on other data, such as cleaned ones. */
    Run with(RunSpec other) {
        return new Run(other, control, nanoTime, states);
    }

    /** Reports that the run starts, or where it goes on. */
    void started(int totalSteps, Map<String, Object> hyperparameters) {
        RunState found = states.found();
        int step = found == null ? 0 : found.step();
        control.report(new Progress.Started(step, totalSteps, hyperparameters));
        if (found != null) {
            control.report(new Progress.Note(Progress.Level.INFO, "Resuming from step " + step));
        }
    }
}
