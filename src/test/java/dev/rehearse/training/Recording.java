package dev.rehearse.training;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Remembers what a run reports, and asks it to stop as soon as a report of a given kind came. Confined to one thread. */
final class Recording implements RunControl {
    final List<Progress> reports = new ArrayList<>();
    private final Predicate<Progress> last;
    private boolean stop;

    private Recording(Predicate<Progress> last) {
        this.last = last;
    }

    static Recording toTheEnd() {
        return new Recording(progress -> false);
    }

    static Recording stoppingAfter(Predicate<Progress> last) {
        return new Recording(last);
    }

    static Recording stoppedBeforehand() {
        Recording recording = toTheEnd();
        recording.stop = true;
        return recording;
    }

    @Override
    public void report(Progress progress) {
        reports.add(progress);
        stop |= last.test(progress);
    }

    @Override
    public boolean stopRequested() {
        return stop;
    }

    <T extends Progress> List<T> of(Class<T> kind) {
        return reports.stream().filter(kind::isInstance).map(kind::cast).toList();
    }
}
