package dev.rehearse.training;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Lets a run turn, and saves its state where the outside wishes it. A turn either happens as a whole or, when it is
 * stopped, changes nothing that is saved; so what is saved always stands between two turns. Confined to the run's thread.
 */
final class Saving {
    private final Run run;
    private final StartingModel start;
    private final Supplier<RunContents> contents;

    Saving(Run run, StartingModel start, Supplier<RunContents> contents) {
        this.run = run;
        this.start = start;
        this.contents = contents;
    }

    /**
     * Turn after turn until there is nothing left to do.
     *
     * @param turn returns whether another one may follow
     * @throws StoppedException when that was asked for; the state is saved if that was wished
     */
    void repeat(BooleanSupplier turn) {
        try {
            do {
                between();
            } while (turn.getAsBoolean());
        } catch (StoppedException e) {
            stopped();
            throw e;
        }
    }

    private void between() {
        switch (run.control().wish()) {
            case GO_ON -> {}
            case SAVE -> run.states().save(contents.get());
            case SUSPEND, PAUSE, STOP -> throw new StoppedException();
        }
    }

    private void stopped() {
        RunControl.Wish wish = run.control().wish();
        if (wish.savesTheState()) {
            RunContents last = contents.get();
            run.states().save(last);
            if (wish == RunControl.Wish.PAUSE) {
                snapshot(last);
            }
        }
    }

    /** A checkpoint of the weights as they are, unless it is among the best: then it is there already. */
    private void snapshot(RunContents last) {
        int step = last.state().step();
        if (last.state().selected().ranking().stream().anyMatch(ranked -> ranked.step() == step)) {
            return;
        }
        Path directory = run.spec().outputDirectory().resolve("snapshot-" + step);
        try {
            ModelDirectory.write(directory, last.shown(), start, Provenance.of(run.spec(), step, Map.of()));
            run.control().report(new Progress.CheckpointSaved(new Checkpoint(step, directory, Map.of())));
            ModelDirectory.remove(directory);
        } catch (UncheckedIOException e) {
            run.control()
                    .report(new Progress.Note(
                            Progress.Level.WARN, "No checkpoint could be written at the pause: " + e.getMessage()));
        }
    }
}
