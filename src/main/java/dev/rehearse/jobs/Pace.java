package dev.rehearse.jobs;

import dev.rehearse.training.Forecast;
import java.util.Locale;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** How long jobs take, by those that ran, or else by their size. Thread-safe. */
@Component
final class Pace {
    /** What networks of any size reach on all processors in f32; where bf16 is fast, several times as much. */
    private static final double OPERATIONS_PER_SECOND =
            4e10 * Runtime.getRuntime().availableProcessors();

    private final JobStore jobs;

    Pace(JobStore jobs) {
        this.jobs = jobs;
    }

    /**
     * A guess.
     *
     * @param basis how it was made, for people
     */
    record Guess(double seconds, String basis) {}

    /** @param operations floating-point operations of the whole run */
    Guess of(JobRequest request, Forecast.Length length, double operations) {
        Optional<Job> like = jobs.endedFrom(request.model()).stream()
                .filter(job -> isLike(job, request, length))
                .findFirst();
        if (like.isPresent()) {
            Job.Run run = like.get().run();
            double each = run.usage().seconds() / run.step();
            return new Guess(
                    each * length.steps(),
                    String.format(
                            Locale.ROOT,
                            "%.3f seconds a step, which job %s of the same model, method and batch size took",
                            each,
                            like.get().id()));
        }
        return new Guess(
                operations / OPERATIONS_PER_SECOND,
                String.format(
                        Locale.ROOT,
                        "no job of this model, method and batch size has run here: %.2e floating-point operations, replies"
                                + " taken as long as they may be, at %.0e a second; a guess that may be off several times",
                        operations,
                        OPERATIONS_PER_SECOND));
    }

    private static boolean isLike(Job job, JobRequest request, Forecast.Length length) {
        return job.request().method().kind() == request.method().kind()
                && job.run().usage().seconds() > 0
                && job.run().hyperparameters().get("batch_size") instanceof Number batch
                && batch.intValue() == length.batchSize();
    }
}
