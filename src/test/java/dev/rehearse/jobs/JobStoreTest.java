package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.files.FileId;
import dev.rehearse.jobs.Job.Ending;
import dev.rehearse.jobs.JobState.Move;
import dev.rehearse.training.Progress;
import dev.rehearse.training.RunControl;
import dev.rehearse.web.PageQuery;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

class JobStoreTest {
    private static final Instant NOW = Instant.parse("2026-11-23T10:00:00.123456Z");
    private static final PageQuery ALL = new PageQuery(null, 100);
    private static final RequestKey KEY = RequestKey.of(new byte[0], null, null, null);

    abstract static class OnAnyDatabase {
        private final SettableClock clock = new SettableClock();
        private JobStore store;
        private JobEvents events;
        private JobCheckpoints checkpoints;

        abstract DataSource database();

        @BeforeEach
        void migrate() {
            Flyway flyway = Flyway.configure()
                    .dataSource(database())
                    .locations("classpath:db/migration")
                    .cleanDisabled(false)
                    .load();
            flyway.clean();
            flyway.migrate();
            JdbcClient client = JdbcClient.create(database());
            store = new JobStore(client);
            events = new JobEvents(client, new TransactionTemplate(new JdbcTransactionManager(database())), clock);
            checkpoints = new JobCheckpoints(client);
        }

        @Test
        void aJobIsFoundAsItWasStored() {
            Job job = stored(Map.of("colour", "röt"));
            assertThat(store.require(job.id())).isEqualTo(job);
        }

        @Test
        void aMoveWinsOnlyAgainstTheStateThatWasSeen() {
            Job seen = stored(Map.of());
            assertThat(store.move(seen, Move.CANCEL, Ending.cancelled(NOW))).isTrue();
            assertThat(store.move(seen, Move.ACCEPT, Ending.NONE)).isFalse();
            assertThat(store.require(seen.id()).state()).isEqualTo(JobState.CANCELLED);
            assertThat(store.require(seen.id()).ending().finishedAt()).isEqualTo(NOW);
        }

        @Test
        void anEarlierAttemptCanNeitherFinishNorReport() {
            Job first = started(stored(Map.of()));
            assertThat(store.move(first, Move.PUT_BACK, Ending.NONE)).isTrue();
            Job second = store.require(first.id());
            assertThat(store.move(second, Move.START, Ending.NONE)).isTrue();
            Ending late = new Ending(NOW, null, "ft:late", 1L);
            assertThat(store.move(first, Move.SUCCEED, late)).isFalse();
            assertThat(store.progress(first.id(), new Job.Run(1, 5, 10, NOW, Map.of())))
                    .isFalse();
            assertThat(store.state(first.id(), 1)).isEmpty();
            assertThat(store.state(first.id(), 2)).contains(JobState.RUNNING);
        }

        @Test
        void progressAndEndingAreKept() {
            Job job = started(stored(Map.of()));
            Job.Run run = new Job.Run(1, 5, 10, NOW, Map.of("n_epochs", 3));
            assertThat(store.progress(job.id(), run)).isTrue();
            assertThat(store.require(job.id()).run()).isEqualTo(run);
            JobError error = new JobError("invalid_training_file", "line 7: ä", "training_file");
            assertThat(store.move(job, Move.FAIL, Ending.failed(NOW, error))).isTrue();
            assertThat(store.require(job.id()).ending()).isEqualTo(Ending.failed(NOW, error));
        }

        @Test
        void theNewestComeFirstAndPagesFollow() {
            List<Job> jobs = List.of(stored(Map.of("a", "1")), stored(Map.of()), stored(Map.of("a", "1", "b", "2")));
            MetadataFilter none = MetadataFilter.of(Map.of());
            assertThat(store.list(ALL, none)).containsExactly(jobs.get(2), jobs.get(1), jobs.get(0));
            assertThat(store.list(new PageQuery(jobs.get(2).id().value(), 1), none))
                    .containsExactly(jobs.get(1), jobs.get(0));
            assertThat(store.list(ALL, MetadataFilter.of(Map.of("metadata[a]", "1", "metadata[b]", "2"))))
                    .containsExactly(jobs.get(2));
            assertThat(store.list(ALL, MetadataFilter.of(Map.of("metadata", "null"))))
                    .containsExactly(jobs.get(1));
        }

        @Test
        void waitingJobsStandInTheOrderTheyCame() {
            Job first = stored(Map.of());
            Job second = stored(Map.of());
            started(stored(Map.of()));
            assertThat(store.waiting()).containsExactly(first.id(), second.id());
        }

        @Test
        void filesAndModelsAreHeldUntilTheEnd() {
            Job job = stored(Map.of());
            assertThat(store.readerOf("file-t")).contains(job.id());
            assertThat(store.readerOf("file-v")).contains(job.id());
            assertThat(store.starterFrom("gpt2-tiny")).contains(job.id());
            assertThat(store.move(job, Move.PAUSE, Ending.NONE)).isTrue();
            assertThat(store.readerOf("file-t")).contains(job.id());
            assertThat(store.starterFrom("gpt2-tiny")).contains(job.id());
            assertThat(store.live()).extracting(Job::id).containsExactly(job.id());
            assertThat(store.waiting()).isEmpty();
            assertThat(store.move(store.require(job.id()), Move.CANCEL, Ending.cancelled(NOW)))
                    .isTrue();
            assertThat(store.readerOf("file-t")).isEmpty();
            assertThat(store.starterFrom("gpt2-tiny")).isEmpty();
        }

        @Test
        void aRepeatedRequestIsFoundForAWhile() {
            Job job = fresh(Map.of());
            RequestKey key = RequestKey.of(new byte[] {1}, "me", "key", "1");
            store.insert(job, key);
            assertThat(store.byIdempotencyKey(key.idempotencyKey())).contains(job);
            assertThat(store.byHash(key.hash(), NOW.minusSeconds(1))).contains(job);
            assertThat(store.byHash(key.hash(), NOW.plusSeconds(1))).isEmpty();
            assertThat(store.byHash(KEY.hash(), NOW.minusSeconds(1))).isEmpty();
        }

        @Test
        void eventsAndCheckpointsAreKeptNewestFirst() {
            Job job = stored(Map.of());
            events.message(job.id(), JobEvent.Level.WARN, "one");
            events.metrics(started(job), "two", Map.of("loss", 0.5));
            assertThat(events.list(job.id(), ALL)).extracting(JobEvent::message).containsExactly("two", "one");
            assertThat(events.list(job.id(), ALL).get(0).data()).isEqualTo(Map.of("loss", 0.5));
            checkpoints.put(new JobCheckpoint("c1", job.id(), NOW, 1, "m1", Map.of()));
            checkpoints.put(new JobCheckpoint("c2", job.id(), NOW, 1, "m2", Map.of("valid_loss", 0.25)));
            assertThat(checkpoints.all(job.id())).extracting(JobCheckpoint::id).containsExactly("c2");
            checkpoints.remove(job.id(), 1);
            assertThat(checkpoints.all(job.id())).isEmpty();
        }

        @Test
        void aRunThatIsOverTellsNothingMore() {
            Job run = started(stored(Map.of()));
            events.message(run, JobEvent.Level.INFO, "running");
            assertThat(store.move(run, Move.PUT_BACK, Ending.NONE)).isTrue();
            events.message(run, JobEvent.Level.INFO, "late");
            events.metrics(run, "late", Map.of());
            assertThat(store.move(store.require(run.id()), Move.START, Ending.NONE))
                    .isTrue();
            events.message(run, JobEvent.Level.INFO, "of an attempt before");
            assertThat(events.list(run.id(), ALL)).extracting(JobEvent::message).containsExactly("running");
        }

        @Test
        void readersThatFollowPositionsSeeEachEventOnce() {
            Job job = stored(Map.of());
            assertThat(events.newest(Set.of(job.id(), new JobId("ftjob-nobody"))))
                    .isEqualTo(Map.of(job.id(), new JobEvents.Newest(JobState.VALIDATING_FILES, 0)));
            events.message(job.id(), JobEvent.Level.INFO, "one");
            events.message(job.id(), JobEvent.Level.INFO, "two");
            List<JobEvents.Stored> both = events.after(job.id(), 0, 10);
            assertThat(both).extracting(stored -> stored.event().message()).containsExactly("one", "two");
            assertThat(events.after(job.id(), both.get(0).position(), 10)).containsExactly(both.get(1));
            assertThat(events.after(job.id(), 0, 1)).containsExactly(both.get(0));
            assertThat(events.newest(Set.of(job.id())).get(job.id()).position())
                    .isEqualTo(both.get(1).position());
            assertThat(events.newest(Set.of())).isEmpty();
        }

        /** Or a reader that has seen the later one would never see the earlier one. */
        @Test
        void anEventWaitsForAnotherOfItsJobThatIsNotCommitted() throws Exception {
            Job job = stored(Map.of());
            TransactionTemplate elsewhere = new TransactionTemplate(new JdbcTransactionManager(database()));
            CompletableFuture<Void> second = new CompletableFuture<>();
            elsewhere.executeWithoutResult(status -> {
                events.message(job.id(), JobEvent.Level.INFO, "first");
                second.completeAsync(() -> {
                    events.message(job.id(), JobEvent.Level.INFO, "second");
                    return null;
                });
                assertThat(second).isNotDone();
            });
            second.get();
            assertThat(events.after(job.id(), 0, 10))
                    .extracting(stored -> stored.event().message())
                    .containsExactly("first", "second");
        }

        @Test
        void stepsAreReportedAtMostOnceASecondButTheFirstTheLastAndEvaluationsAlways() {
            Job job = started(stored(Map.of()));
            RunReports reports = reports(job);
            reports.report(new Progress.Started(0, 100, Map.of()));
            for (int step = 1; step <= 100; step++) {
                reports.report(new Progress.Step(step, 100, Map.of("loss", 1.0 / step)));
                if (step == 50) {
                    reports.report(new Progress.Evaluated(50, 100, Map.of("valid_loss", 0.5)));
                }
                clock.advance(Duration.ofMillis(25));
            }
            assertThat(events.list(job.id(), ALL))
                    .extracting(event -> event.message().split(",")[0])
                    .containsExactly("Step 100/100", "Step 81/100", "Step 50/100", "Step 41/100", "Step 1/100");
        }

        @Test
        void aRunThatEndsEarlyReportsItsLastStep() {
            Job job = started(stored(Map.of()));
            RunReports reports = reports(job);
            reports.report(new Progress.Step(1, 100, Map.of()));
            reports.report(new Progress.Step(2, 100, Map.of()));
            reports.finish();
            assertThat(events.list(job.id(), ALL).get(0).message()).startsWith("Step 2/100");
        }

        @Test
        void theRemainingTimeIsTheStepsLeftAtThePaceSoFar() {
            Job job = started(stored(Map.of()));
            RunReports reports = reports(job);
            clock.advance(Duration.ofSeconds(30));
            reports.report(new Progress.Step(10, 40, Map.of()));
            assertThat(store.require(job.id()).run().estimatedFinish())
                    .isEqualTo(clock.instant().plusSeconds(90));
        }

        @Test
        void aCancellationElsewhereStopsTheRunWithinASecond() {
            Job job = started(stored(Map.of()));
            RunReports reports = reports(job);
            assertThat(store.move(job, Move.CANCEL, Ending.cancelled(NOW))).isTrue();
            assertThat(reports.wish()).isEqualTo(RunControl.Wish.GO_ON);
            clock.advance(Duration.ofSeconds(1));
            assertThat(reports.wish()).isEqualTo(RunControl.Wish.STOP);
            reports.report(new Progress.Note(Progress.Level.WARN, "late"));
            assertThat(events.list(job.id(), ALL)).isEmpty();
        }

        @Test
        void aPauseElsewhereIsSeenWithinASecondAndTheRunMayStillReport() {
            Job job = started(stored(Map.of()));
            RunReports reports = reports(job);
            assertThat(store.move(job, Move.PAUSE, Ending.NONE)).isTrue();
            clock.advance(Duration.ofSeconds(1));
            assertThat(reports.wish()).isEqualTo(RunControl.Wish.PAUSE);
            reports.report(new Progress.Step(3, 9, Map.of()));
            assertThat(store.require(job.id()).run().step()).isEqualTo(3);
            assertThat(reports.wish()).isEqualTo(RunControl.Wish.PAUSE);
        }

        @Test
        void whatIsMoreUrgentStaysAsked() {
            RunReports reports = reports(started(stored(Map.of())));
            reports.ask(RunControl.Wish.STOP);
            reports.ask(RunControl.Wish.PAUSE);
            assertThat(reports.wish()).isEqualTo(RunControl.Wish.STOP);
        }

        @Test
        void aResumedRunsRemainingTimeIsOfItsOwnPace() {
            Job job = started(stored(Map.of()));
            RunReports reports = reports(job);
            reports.report(new Progress.Started(100, 140, Map.of()));
            assertThat(store.require(job.id()).run().step()).isEqualTo(100);
            assertThat(store.require(job.id()).run().estimatedFinish()).isNull();
            clock.advance(Duration.ofSeconds(30));
            reports.report(new Progress.Step(110, 140, Map.of()));
            assertThat(store.require(job.id()).run().estimatedFinish())
                    .isEqualTo(clock.instant().plusSeconds(90));
        }

        @SuppressWarnings("NullAway") // nothing of these tests publishes a model
        private RunReports reports(Job job) {
            SavePace never = new SavePace(Duration.ofDays(1), 1, clock);
            return new RunReports(job, store, events, null, never, clock);
        }

        private Job started(Job job) {
            assertThat(store.move(job, Move.ACCEPT, Ending.NONE)).isTrue();
            assertThat(store.move(store.require(job.id()), Move.START, Ending.NONE))
                    .isTrue();
            return store.require(job.id());
        }

        private Job stored(Map<String, String> metadata) {
            Job job = fresh(metadata);
            store.insert(job, KEY);
            return job;
        }

        private static Job fresh(Map<String, String> metadata) {
            JobMethod method =
                    new JobMethod(JobMethod.Kind.SUPERVISED, Map.of("hyperparameters", Map.of("n_epochs", 2)));
            JobRequest.Labels labels = new JobRequest.Labels("s", metadata);
            return Job.fresh(
                    new JobRequest("gpt2-tiny", new FileId("file-t"), new FileId("file-v"), method, 7, labels), NOW);
        }
    }

    @Nested
    class OnTheEmbeddedDatabase extends OnAnyDatabase {
        private final JdbcDataSource source = new JdbcDataSource();

        @Override
        DataSource database() {
            source.setURL("jdbc:h2:mem:jobs;DB_CLOSE_DELAY=-1;MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;"
                    + "CASE_INSENSITIVE_IDENTIFIERS=TRUE;DEFAULT_NULL_ORDERING=HIGH");
            return source;
        }
    }

    @Nested
    class OnPostgres extends OnAnyDatabase {
        private static EmbeddedPostgres postgres;

        @BeforeAll
        static void start() throws IOException {
            postgres = EmbeddedPostgres.start();
        }

        @AfterAll
        static void stop() throws IOException {
            postgres.close();
        }

        @Override
        DataSource database() {
            return postgres.getPostgresDatabase();
        }
    }

    static final class SettableClock extends Clock {
        private Instant now = NOW;

        void advance(Duration time) {
            now = now.plus(time);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return InstantSource.fixed(now).withZone(zone);
        }
    }
}
