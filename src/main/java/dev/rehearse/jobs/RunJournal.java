package dev.rehearse.jobs;

import dev.rehearse.grading.GraderTotals;
import dev.rehearse.training.Metric;
import dev.rehearse.training.Progress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Keeps a run's numbers: in the series of its job, in monitoring, and at most once a second in an event and in the job
 * itself, as how far it is and what it has used. Confined to the run's thread.
 */
final class RunJournal implements AutoCloseable {
    private static final Duration BETWEEN_EVENTS = Duration.ofSeconds(1);
    /** Of a run with more steps not every one is kept. */
    private static final int MOST_POINTS = 10_000;

    private final Job job;
    private final Books books;
    private final Clock clock;
    private final JobMeters.Live meters;
    private final Instant startedAt;
    private final GraderReport graders = new GraderReport();
    private final List<JobMetrics.Point> unwrittenPoints = new ArrayList<>();
    private PhaseSeconds phases = new PhaseSeconds(true);
    private Map<String, Double> seconds = Map.of();
    private Map<String, Object> hyperparameters = Map.of();
    private Usage usage;
    private int firstStep;
    private int totalSteps;
    private Progress.@Nullable Step latest;
    private @Nullable Instant toldAt;
    private boolean untold;

    RunJournal(Job job, Books books, Clock clock) {
        this.job = job;
        this.books = books;
        this.clock = clock;
        this.startedAt = clock.instant();
        this.usage = job.run().usage();
        this.meters = books.meters().live(job.id());
    }

    /** Where the numbers go. */
    @Component
    record Books(
            JobStore jobs,
            JobEvents events,
            JobMetrics metrics,
            JobSamples samples,
            JobMeters meters,
            TransactionTemplate transaction) {}

    /** Each of these answers whether the attempt is still the job's; when it is not, nothing is written. */
    boolean started(Progress.Started started) {
        firstStep = started.step();
        totalSteps = started.totalSteps();
        hyperparameters = started.hyperparameters();
        phases = new PhaseSeconds(firstStep == 0);
        return write(firstStep, null);
    }

    boolean step(Progress.Step step) {
        latest = step;
        totalSteps = step.totalSteps();
        seconds = phases.of(step.metrics());
        meters.step(step.step(), totalSteps, step.metrics());
        meters.took(seconds);
        Instant now = clock.instant();
        if (isKept(step.step())) {
            keep(step.step(), JobMetrics.Kind.TRAINING, now, step.metrics());
        }
        boolean due = toldAt == null || Duration.between(toldAt, now).compareTo(BETWEEN_EVENTS) >= 0;
        untold = !due && step.step() < totalSteps;
        if (untold) {
            return true;
        }
        toldAt = now;
        return write(step.step(), event(step.step(), Map.of(), graders.take()));
    }

    boolean evaluated(Progress.Evaluated evaluated) {
        totalSteps = evaluated.totalSteps();
        meters.evaluated(evaluated.metrics());
        keep(evaluated.step(), JobMetrics.Kind.EVALUATION, clock.instant(), evaluated.metrics());
        Progress.Step before = latest;
        boolean stepIsTold = before != null && before.step() == evaluated.step() && !untold;
        return write(
                evaluated.step(),
                event(
                        evaluated.step(),
                        JobModels.finite(evaluated.metrics()),
                        stepIsTold ? graders.takeWithLast() : graders.take()));
    }

    void sampled(Progress.Sampled sampled) {
        books.transaction().executeWithoutResult(status -> {
            if (books.jobs().hold(job)) {
                books.samples().put(job.id(), sampled);
            }
        });
    }

    void graded(Progress.Graded graded) {
        graders.add(graded);
        long calls = 0;
        long tokens = 0;
        for (GraderTotals totals : graded.graders()) {
            calls += totals.calls();
            tokens += totals.cost().promptTokens() + totals.cost().completionTokens();
        }
        usage = usage.plus(graded.replyTokens(), calls, tokens);
    }

    /** Writes what a run that ends has not told yet. */
    void flush() {
        Progress.Step last = latest;
        if (last != null && untold) {
            untold = false;
            write(last.step(), event(last.step(), Map.of(), graders.take()));
        }
    }

    /** The numbers of the last step; empty before the first. */
    Map<String, Double> numbers() {
        return latest == null ? Map.of() : latest.metrics();
    }

    private boolean isKept(int step) {
        int stride = 1 + (totalSteps - 1) / MOST_POINTS;
        return step % stride == 0 || step == 1 || step == totalSteps;
    }

    private void keep(int step, JobMetrics.Kind kind, Instant now, Map<String, Double> metrics) {
        unwrittenPoints.add(new JobMetrics.Point(step, kind, now, JobModels.finite(metrics)));
    }

    private MetricsEvent event(int step, Map<String, Double> valid, Map<String, List<Map<String, Object>>> ofGraders) {
        Map<String, Double> train = JobModels.finite(numbers());
        return new MetricsEvent(step, totalSteps, train, valid, seconds, ofGraders);
    }

    private boolean write(int step, @Nullable MetricsEvent event) {
        JobMethod.Kind kind = job.request().method().kind();
        boolean written = Boolean.TRUE.equals(books.transaction().execute(status -> {
            if (!books.jobs().progress(job.id(), run(step))) {
                return false;
            }
            if (event == null) {
                books.metrics().forget(job.id(), step);
                books.samples().forget(job.id(), step);
            } else {
                books.metrics().put(job.id(), unwrittenPoints);
                books.events().metrics(job, event.message(kind), event.data(kind));
            }
            return true;
        }));
        unwrittenPoints.clear();
        return written;
    }

    private Job.Run run(int step) {
        Instant now = clock.instant();
        return new Job.Run(
                job.run().attempt(),
                step,
                totalSteps,
                Objects.requireNonNullElse(Metric.EPOCH.in(numbers()), job.run().epoch()),
                estimatedFinish(step, now),
                hyperparameters,
                usage.after(numbers(), Duration.between(startedAt, now)));
    }

    /** At the pace so far. */
    private @Nullable Instant estimatedFinish(int step, Instant now) {
        int made = step - firstStep;
        if (made < 1 || totalSteps < step) {
            return null;
        }
        return now.plusMillis(Duration.between(startedAt, now).toMillis() * (totalSteps - step) / made);
    }

    @Override
    public void close() {
        meters.close();
    }
}
