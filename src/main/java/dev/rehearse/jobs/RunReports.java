package dev.rehearse.jobs;

import dev.rehearse.training.Progress;
import dev.rehearse.training.RunControl;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * Writes down what a run reports, and tells it when to save its state and when to stop. Reports come from the run's own
 * thread; anybody may ask.
 */
final class RunReports implements RunControl, AutoCloseable {
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

    private final Job job;
    private final RunJournal journal;
    private final RunJournal.Books books;
    private final JobModels models;
    private final SavePace saves;
    private final Clock clock;
    private volatile Wish asked = Wish.GO_ON;
    private Instant lookedAt;

    RunReports(Job job, RunJournal.Books books, JobModels models, SavePace saves, Clock clock) {
        this.job = job;
        this.books = books;
        this.models = models;
        this.saves = saves;
        this.clock = clock;
        this.journal = new RunJournal(job, books, clock);
        this.lookedAt = clock.instant();
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
        if (Duration.between(lookedAt, now).compareTo(BETWEEN_LOOKS) >= 0) {
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
        JobState state = books.jobs().state(job.id(), job.run().attempt()).orElse(null);
        if (state == JobState.PAUSING) {
            ask(Wish.PAUSE);
        } else if (state != JobState.RUNNING) {
            ask(Wish.STOP);
        }
    }

    @Override
    public void report(Progress progress) {
        if (progress instanceof Progress.Started started) {
            stopUnless(journal.started(started));
        } else if (progress instanceof Progress.Step step) {
            stopUnless(journal.step(step));
        } else if (progress instanceof Progress.Evaluated evaluated) {
            stopUnless(journal.evaluated(evaluated));
        } else if (progress instanceof Progress.Graded graded) {
            journal.graded(graded);
        } else if (progress instanceof Progress.Sampled sampled) {
            journal.sampled(sampled);
        } else if (progress instanceof Progress.CheckpointSaved saved) {
            String model = models.publish(job, saved.checkpoint(), journal.numbers());
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

    private void stopUnless(boolean stillOurs) {
        if (!stillOurs) {
            ask(Wish.STOP);
        }
    }

    /** The run ended, or goes on later: its last step is written, whenever it came. */
    void finish() {
        journal.flush();
    }

    private void note(JobEvent.Level level, String text) {
        books.events().message(job, level, text);
    }

    private static JobEvent.Level level(Progress.Level level) {
        return switch (level) {
            case INFO -> JobEvent.Level.INFO;
            case WARN -> JobEvent.Level.WARN;
        };
    }

    @Override
    public void close() {
        journal.close();
    }
}
