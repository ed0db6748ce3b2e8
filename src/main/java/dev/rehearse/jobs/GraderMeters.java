package dev.rehearse.jobs;

import dev.rehearse.grading.GraderCall;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * {@code rehearse.grader} times each call of a grader by its type, {@code rehearse.grader.errors} counts those that gave
 * no score by type and error. Thread-safe.
 */
final class GraderMeters implements Consumer<GraderCall> {
    private final MeterRegistry meters;

    GraderMeters(MeterRegistry meters) {
        this.meters = meters;
    }

    @Override
    public void accept(GraderCall call) {
        meters.timer("rehearse.grader", "type", call.type()).record(call.nanos(), TimeUnit.NANOSECONDS);
        if (call.failure() != null) {
            meters.counter(
                            "rehearse.grader.errors",
                            "type",
                            call.type(),
                            "error",
                            call.failure().error().wireName())
                    .increment();
        }
    }
}
