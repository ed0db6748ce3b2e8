package dev.rehearse.training;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Remembers what a run reports, and wishes something of it as soon as a report of a given kind came. Confined to one
 * thread.
 */
final class Recording implements RunControl {
    final List<Progress> reports = new ArrayList<>();
    private final Wish wish;
    private final Predicate<Progress> when;
    private boolean due;
    private int questions = Integer.MAX_VALUE;

    private Recording(Wish wish, Predicate<Progress> when) {
        this.wish = wish;
        this.when = when;
    }

    static Recording toTheEnd() {
        return new Recording(Wish.GO_ON, progress -> false);
    }

    static Recording stoppingAfter(Predicate<Progress> last) {
        return new Recording(Wish.STOP, last);
    }

    static Recording stoppedBeforehand() {
        Recording recording = stoppingAfter(progress -> false);
        recording.due = true;
        return recording;
    }

    /** A state that is wished for is wished for once per such report. */
    static Recording wishing(Wish wish, Predicate<Progress> when) {
        return new Recording(wish, when);
    }

    /** Suspends the run when it has asked so often what it should do. */
    static Recording suspendedAfter(int questions) {
        Recording recording = new Recording(Wish.SUSPEND, progress -> false);
        recording.questions = questions;
        return recording;
    }

    @Override
    public void report(Progress progress) {
        reports.add(progress);
        boolean tried = progress instanceof Progress.StateSaved || progress instanceof Progress.StateNotSaved;
        if (tried && wish == Wish.SAVE) {
            due = false;
        }
        due |= when.test(progress);
    }

    @Override
    public Wish wish() {
        due |= questions-- == 0;
        return due ? wish : Wish.GO_ON;
    }

    <T extends Progress> List<T> of(Class<T> kind) {
        return reports.stream().filter(kind::isInstance).map(kind::cast).toList();
    }
}
