package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.Databases;
import dev.rehearse.grading.GraderTotals;
import dev.rehearse.jobs.Job.Ending;
import dev.rehearse.jobs.JobState.Move;
import dev.rehearse.training.Progress;
import dev.rehearse.training.RunControl;
import dev.rehearse.web.PageQuery;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RunReportsTest {
    private static final PageQuery ALL = new PageQuery(null, 100);

    private JobDatabase database;
    private Job running;

    @BeforeEach
    void start() {
        database = new JobDatabase(Databases.embedded());
        running = database.started(database.stored(Map.of()));
    }

    @Test
    void stepsAreReportedAtMostOnceASecondButTheFirstTheLastAndEvaluationsAlways() {
        RunReports reports = reports(running);
        reports.report(new Progress.Started(0, 100, Map.of()));
        for (int step = 1; step <= 100; step++) {
            reports.report(new Progress.Step(step, 100, Map.of("loss", 1.0 / step)));
            if (step == 50) {
                reports.report(new Progress.Evaluated(50, 100, Map.of("valid_loss", 0.5)));
            }
            database.clock.advance(Duration.ofMillis(25));
        }
        assertThat(database.events.list(running.id(), ALL))
                .extracting(event -> event.message().split("[:,]")[0])
                .containsExactly("Step 100/100", "Step 81/100", "Step 50/100", "Step 41/100", "Step 1/100");
    }

    @Test
    void aRunThatEndsEarlyReportsItsLastStep() {
        RunReports reports = reports(running);
        reports.report(new Progress.Step(1, 100, Map.of()));
        reports.report(new Progress.Step(2, 100, Map.of()));
        reports.finish();
        assertThat(database.events.list(running.id(), ALL).get(0).message()).startsWith("Step 2/100");
    }

    @Test
    void theRemainingTimeIsTheStepsLeftAtThePaceSoFar() {
        RunReports reports = reports(running);
        database.clock.advance(Duration.ofSeconds(30));
        reports.report(new Progress.Step(10, 40, Map.of()));
        assertThat(database.store.require(running.id()).run().estimatedFinish())
                .isEqualTo(database.clock.instant().plusSeconds(90));
    }

    @Test
    void aCancellationElsewhereStopsTheRunWithinASecond() {
        RunReports reports = reports(running);
        assertThat(database.store.move(running, Move.CANCEL, Ending.cancelled(JobDatabase.NOW)))
                .isTrue();
        assertThat(reports.wish()).isEqualTo(RunControl.Wish.GO_ON);
        database.clock.advance(Duration.ofSeconds(1));
        assertThat(reports.wish()).isEqualTo(RunControl.Wish.STOP);
        reports.report(new Progress.Note(Progress.Level.WARN, "late"));
        assertThat(database.events.list(running.id(), ALL)).isEmpty();
    }

    @Test
    void aPauseElsewhereIsSeenWithinASecondAndTheRunMayStillReport() {
        RunReports reports = reports(running);
        assertThat(database.store.move(running, Move.PAUSE, Ending.NONE)).isTrue();
        database.clock.advance(Duration.ofSeconds(1));
        assertThat(reports.wish()).isEqualTo(RunControl.Wish.PAUSE);
        reports.report(new Progress.Step(3, 9, Map.of()));
        assertThat(database.store.require(running.id()).run().step()).isEqualTo(3);
        assertThat(reports.wish()).isEqualTo(RunControl.Wish.PAUSE);
    }

    @Test
    void whatIsMoreUrgentStaysAsked() {
        RunReports reports = reports(running);
        reports.ask(RunControl.Wish.STOP);
        reports.ask(RunControl.Wish.PAUSE);
        assertThat(reports.wish()).isEqualTo(RunControl.Wish.STOP);
    }

    @Test
    void aResumedRunsRemainingTimeIsOfItsOwnPace() {
        RunReports reports = reports(running);
        reports.report(new Progress.Started(100, 140, Map.of()));
        assertThat(database.store.require(running.id()).run().step()).isEqualTo(100);
        assertThat(database.store.require(running.id()).run().estimatedFinish()).isNull();
        database.clock.advance(Duration.ofSeconds(30));
        reports.report(new Progress.Step(110, 140, Map.of()));
        assertThat(database.store.require(running.id()).run().estimatedFinish())
                .isEqualTo(database.clock.instant().plusSeconds(90));
    }

    @Test
    void everyStepIsInTheSeriesAlthoughNotInAnEvent() {
        RunReports reports = reports(running);
        reports.report(new Progress.Started(0, 3, Map.of()));
        for (int step = 1; step <= 3; step++) {
            reports.report(new Progress.Step(step, 3, Map.of("train_loss", 1.0 / step, "broken", Double.NaN)));
        }
        assertThat(database.metrics.list(running.id(), -1, 10))
                .extracting(JobMetrics.Row::values)
                .containsExactly(Map.of("train_loss", 1.0), Map.of("train_loss", 0.5), Map.of("train_loss", 1.0 / 3));
    }

    @Test
    void ofAVeryLongRunSomeStepsAreInTheSeries() {
        RunReports reports = reports(running);
        int total = 25_000;
        for (int step = 1; step <= 10; step++) {
            reports.report(new Progress.Step(step, total, Map.of()));
        }
        reports.report(new Progress.Step(total, total, Map.of()));
        assertThat(database.metrics.list(running.id(), -1, 100))
                .extracting(JobMetrics.Row::step)
                .containsExactly(1, 3, 6, 9, total);
    }

    @Test
    void aResumedRunTakesBackWhatWasReportedAfterItsState() {
        RunReports reports = reports(running);
        for (int step = 1; step <= 5; step++) {
            reports.report(new Progress.Step(step, 5, Map.of()));
        }
        assertThat(database.store.move(running, Move.PUT_BACK, Ending.NONE)).isTrue();
        assertThat(database.store.move(database.store.require(running.id()), Move.START, Ending.NONE))
                .isTrue();
        RunReports resumed = reports(database.store.require(running.id()));
        resumed.report(new Progress.Started(3, 5, Map.of()));
        assertThat(database.metrics.list(running.id(), -1, 100))
                .extracting(JobMetrics.Row::step)
                .containsExactly(1, 2, 3);
    }

    @Test
    void whatAllAttemptsHaveUsedIsAddedUp() {
        RunReports first = reports(running);
        first.report(new Progress.Started(0, 10, Map.of()));
        first.report(graded(7));
        database.clock.advance(Duration.ofSeconds(2));
        first.report(new Progress.Step(1, 10, Map.of("trained_tokens", 64.0, "epoch", 0.25)));
        assertThat(database.store.require(running.id()).run().usage()).isEqualTo(new Usage(64, 7, 2, 0, 2));
        assertThat(database.store.require(running.id()).run().epoch()).isEqualTo(0.25);
        assertThat(database.store.move(running, Move.PUT_BACK, Ending.NONE)).isTrue();
        assertThat(database.store.move(database.store.require(running.id()), Move.START, Ending.NONE))
                .isTrue();
        RunReports second = reports(database.store.require(running.id()));
        second.report(new Progress.Started(0, 10, Map.of()));
        second.report(graded(5));
        database.clock.advance(Duration.ofSeconds(3));
        second.report(new Progress.Step(1, 10, Map.of("trained_tokens", 64.0)));
        assertThat(database.store.require(running.id()).run().usage()).isEqualTo(new Usage(64, 12, 4, 0, 5));
    }

    @Test
    void monitoringSeesTheNewestNumbersOfAJobAsLongAsItRuns() {
        RunReports reports = reports(running);
        reports.report(new Progress.Started(0, 10, Map.of()));
        Map<String, Double> first = Map.of("td_loss", 2.0, "sampling_seconds", 1.0, "elapsed_seconds", 4.0);
        reports.report(new Progress.Step(1, 10, first));
        Map<String, Double> second = Map.of("td_loss", 1.0, "sampling_seconds", 1.5, "elapsed_seconds", 6.0);
        reports.report(new Progress.Step(2, 10, second));
        reports.report(new Progress.Evaluated(2, 10, Map.of("valid_reward_mean", 0.5)));
        assertThat(gauge("rehearse.job.step")).isEqualTo(2);
        assertThat(gauge("rehearse.job.progress.ratio")).isEqualTo(0.2);
        assertThat(gauge("rehearse.job.td.loss")).isEqualTo(1);
        assertThat(gauge("rehearse.job.reward.mean")).isEqualTo(0.5);
        var sampling = database.meters
                .get("rehearse.job.step.seconds")
                .tag("phase", "sampling")
                .timer();
        assertThat(sampling.count()).isEqualTo(2);
        assertThat(sampling.totalTime(TimeUnit.SECONDS)).isEqualTo(1.5);
        assertThat(status("running")).isEqualTo(1);
        assertThat(database.store.move(running, Move.PAUSE, Ending.NONE)).isTrue();
        assertThat(status("running")).isEqualTo(1); // until its state is saved
        assertThat(status("paused")).isZero();
        reports.close();
        assertThat(database.meters.find("rehearse.job.td.loss").gauge()).isNull();
        assertThat(database.meters.find("rehearse.job.step").gauge()).isNull();
    }

    private double status(String status) {
        return database.meters
                .get("rehearse.jobs")
                .tag("status", status)
                .gauge()
                .value();
    }

    private double gauge(String name) {
        return database.meters
                .get(name)
                .tag("job_id", running.id().value())
                .gauge()
                .value();
    }

    private static Progress.Graded graded(long replyTokens) {
        GraderTotals totals = new GraderTotals("g", "string_check", 2, 1, Map.of(), 5, new GraderTotals.Cost(0, 0));
        return new Progress.Graded(Progress.Split.TRAIN, replyTokens, List.of(totals));
    }

    @SuppressWarnings("NullAway") // nothing of these tests publishes a model
    private RunReports reports(Job job) {
        SavePace never = new SavePace(Duration.ofDays(1), 1, database.clock);
        return new RunReports(job, database.books, null, never, database.clock);
    }
}
