package dev.rehearse.jobs;

import dev.rehearse.training.Progress;
import dev.rehearse.training.RunControl;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes down what a run reports, and tells it when to save its state and when to stop. Reports come from the run's own
 * thread; anybody may ask.
 */
final class RunReports implements RunControl {
    private static final Duration BETWEEN_STEPS = Duration.ofSeconds(1);
    private static final Pattern WORTH_A_MESSAGE = Pattern.compile("(train|valid).*(loss|reward_mean)");

    private final Job job;
    private final JobStore store;
    private final JobEvents events;
    private final JobModels models;
    private final Clock clock;
    private final Instant startedAt;
    private final GraderReport graders = new GraderReport();
    private final SavePace saves;
    private volatile Wish asked = Wish.GO_ON;
    private Instant lookedAt;
    private @Nullable Instant steppedAt;
    private Progress.@Nullable Step unwritten;
    private int firstStep;
    private int totalSteps;
    private Map<String, Object> hyperparameters = Map.of();

    RunReports(Job job, JobStore store, JobEvents events, JobModels models, SavePace saves, Clock clock) {
        this.job = job;
        this.store = store;
        this.events = events;
        this.models = models;
        this.saves = saves;
        this.clock = clock;
        this.startedAt = clock.instant();
        this.lookedAt = startedAt;
    }

    JobId job() {
        return job.id();
    }

    /** Asks something of the run; what is more urgent stays asked. */
    synchronized void ask(Wish wish) {
        if (wish.compareTo(asked) > 0) {
            asked = wish;
        }
    }

    /** What was asked; what another process did to the job is seen within a second. */
    @Override
    public Wish wish() {
        Instant now = clock.instant();
        if (Duration.between(lookedAt, now).compareTo(BETWEEN_STEPS) >= 0) {
            lookedAt = now;
            look();
        }
        if (Thread.currentThread().isInterrupted()) {
            return Wish.STOP;
        }
        Wish wish = asked;
        return wish == Wish.GO_ON && saves.isDue() ? Wish.SAVE : wish;
    }

    private void look() {
        JobState state = store.state(job.id(), job.run().attempt()).orElse(null);
        if (state == JobState.PAUSING) {
            ask(Wish.PAUSE);
        } else if (state != JobState.RUNNING) {
            ask(Wish.STOP);
        }
    }

    @Override
    public void report(Progress progress) {
        if (progress instanceof Progress.Started started) {
            firstStep = started.step();
            totalSteps = started.totalSteps();
            hyperparameters = started.hyperparameters();
            save(firstStep);
        } else if (progress instanceof Progress.Step step) {
            step(step);
        } else if (progress instanceof Progress.Evaluated evaluated) {
            totalSteps = evaluated.totalSteps();
            save(evaluated.step());
            metrics(evaluated.step(), "evaluation", evaluated.metrics());
        } else if (progress instanceof Progress.Graded graded) {
            graders.add(graded);
        } else if (progress instanceof Progress.CheckpointSaved saved) {
            String model = models.publish(job, saved.checkpoint());
            note(
                    JobEvent.Level.INFO,
                    "Checkpoint created at step " + saved.checkpoint().step() + ": " + model);
        } else if (progress instanceof Progress.CheckpointDropped dropped) {
            models.drop(job, dropped.checkpoint().step());
        } else if (progress instanceof Progress.StateSaved) {
            saves.ended();
        } else if (progress instanceof Progress.StateNotSaved not) {
            saves.ended();
            note(JobEvent.Level.WARN, "The state of step " + not.step() + " could not be saved: " + not.why());
        } else if (progress instanceof Progress.Note note) {
            note(level(note.level()), note.text());
        }
    }

    /** At most one a second, but always the first and the last. */
    private void step(Progress.Step step) {
        totalSteps = step.totalSteps();
        Instant now = clock.instant();
        boolean due = steppedAt == null || Duration.between(steppedAt, now).compareTo(BETWEEN_STEPS) >= 0;
        if (due || step.step() >= step.totalSteps()) {
            steppedAt = now;
            write(step);
        } else {
            unwritten = step;
        }
    }

    /** The run ended well, or goes on later: its last step is written, whenever it came. */
    void finish() {
        if (unwritten != null) {
            write(unwritten);
        }
    }

    private void write(Progress.Step step) {
        unwritten = null;
        save(step.step());
        metrics(step.step(), "training", step.metrics());
    }

    private void metrics(int step, String what, Map<String, Double> metrics) {
        Map<String, Double> finite = JobModels.finite(metrics);
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("step", step);
        data.put("total_steps", totalSteps);
        data.putAll(finite);
        data.putAll(graders.take());
        String values = finite.entrySet().stream()
                .filter(entry -> WORTH_A_MESSAGE.matcher(entry.getKey()).matches())
                .map(entry -> String.format(Locale.ROOT, ", %s=%.4g", entry.getKey(), entry.getValue()))
                .collect(Collectors.joining());
        events.metrics(job, "Step " + step + "/" + totalSteps + ", " + what + values, data);
    }

    private void note(JobEvent.Level level, String text) {
        events.message(job, level, text);
    }

    private void save(int step) {
        Job.Run run = new Job.Run(job.run().attempt(), step, totalSteps, estimatedFinish(step), hyperparameters);
        if (!store.progress(job.id(), run)) {
            ask(Wish.STOP);
        }
    }

    private @Nullable Instant estimatedFinish(int step) {
        if (step <= firstStep || totalSteps < step) {
            return null;
        }
        Instant now = clock.instant();
        long millis = Duration.between(startedAt, now).toMillis() * (totalSteps - step) / (step - firstStep);
        return now.plusMillis(millis);
    }

    private static JobEvent.Level level(Progress.Level level) {
        return switch (level) {
            case INFO -> JobEvent.Level.INFO;
            case WARN -> JobEvent.Level.WARN;
        };
    }
}
