package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.Databases;
import dev.rehearse.grading.Grade;
import dev.rehearse.jobs.Job.Ending;
import dev.rehearse.jobs.JobMetrics.Kind;
import dev.rehearse.jobs.JobState.Move;
import dev.rehearse.training.Progress;
import dev.rehearse.training.SampledReply;
import dev.rehearse.web.PageQuery;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class JobStoreTest {
    private static final Instant NOW = JobDatabase.NOW;
    private static final PageQuery ALL = new PageQuery(null, 100);

    abstract static class OnAnyDatabase {
        private JobDatabase database;
        private JobStore store;
        private JobEvents events;
        private JobCheckpoints checkpoints;

        abstract DataSource source();

        @BeforeEach
        void migrate() {
            database = new JobDatabase(source());
            store = database.store;
            events = database.events;
            checkpoints = database.checkpoints;
        }

        @Test
        void aJobIsFoundAsItWasStored() {
            Job job = database.stored(Map.of("colour", "röt"));
            assertThat(store.require(job.id())).isEqualTo(job);
        }

        @Test
        void aMoveWinsOnlyAgainstTheStateThatWasSeen() {
            Job seen = database.stored(Map.of());
            assertThat(store.move(seen, Move.CANCEL, Ending.cancelled(NOW))).isTrue();
            assertThat(store.move(seen, Move.ACCEPT, Ending.NONE)).isFalse();
            assertThat(store.require(seen.id()).state()).isEqualTo(JobState.CANCELLED);
            assertThat(store.require(seen.id()).ending().finishedAt()).isEqualTo(NOW);
        }

        @Test
        void anEarlierAttemptCanNeitherFinishNorReport() {
            Job first = database.started(database.stored(Map.of()));
            assertThat(store.move(first, Move.PUT_BACK, Ending.NONE)).isTrue();
            Job second = store.require(first.id());
            assertThat(store.move(second, Move.START, Ending.NONE)).isTrue();
            Ending late = Ending.succeeded(NOW, "ft:late", 1L);
            assertThat(store.move(first, Move.SUCCEED, late)).isFalse();
            assertThat(store.progress(first.id(), new Job.Run(1, 5, 10, 0, NOW, Map.of(), Usage.NONE)))
                    .isFalse();
            assertThat(store.state(first.id(), 1)).isEmpty();
            assertThat(store.state(first.id(), 2)).contains(JobState.RUNNING);
        }

        @Test
        void progressAndEndingAreKept() {
            Job job = database.started(database.stored(Map.of()));
            Job.Run run = new Job.Run(1, 5, 10, 0.5, NOW, Map.of("n_epochs", 3), new Usage(1, 2, 3, 4, 0.25));
            assertThat(store.progress(job.id(), run)).isTrue();
            assertThat(store.require(job.id()).run()).isEqualTo(run);
            JobError error = new JobError("invalid_training_file", "line 7: ä", "training_file");
            assertThat(store.move(job, Move.FAIL, Ending.failed(NOW, error))).isTrue();
            assertThat(store.require(job.id()).ending()).isEqualTo(Ending.failed(NOW, error));
        }

        /** Texts of users get into them, and a job that could not tell of its end would never end. */
        @Test
        void anErrorAndAnEventAreKeptWhateverTheySay() {
            Job job = database.started(database.stored(Map.of()));
            events.message(job.id(), JobEvent.Level.WARN, "a\0b");
            assertThat(events.list(job.id(), ALL)).extracting(JobEvent::message).containsExactly("a\ufffdb");
            JobError error = new JobError("invalid_training_file", "line 7: the role '\0'", "training_file");
            assertThat(store.move(job, Move.FAIL, Ending.failed(NOW, error))).isTrue();
            assertThat(store.require(job.id()).ending().error())
                    .isEqualTo(new JobError("invalid_training_file", "line 7: the role '\ufffd'", "training_file"));
        }

        @Test
        void theNewestComeFirstAndPagesFollow() {
            List<Job> jobs = List.of(
                    database.stored(Map.of("a", "1")),
                    database.stored(Map.of()),
                    database.stored(Map.of("a", "1", "b", "2")));
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
            Job first = database.stored(Map.of());
            Job second = database.stored(Map.of());
            database.started(database.stored(Map.of()));
            assertThat(store.waiting()).containsExactly(first.id(), second.id());
        }

        @Test
        void filesAndModelsAreHeldUntilTheEnd() {
            Job job = database.stored(Map.of());
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
            Job job = JobDatabase.fresh(Map.of());
            RequestKey key = RequestKey.of(new byte[] {1}, "me", "key", "1");
            store.insert(job, key);
            assertThat(store.byIdempotencyKey(key.idempotencyKey())).contains(job);
            assertThat(store.byHash(key.hash(), NOW.minusSeconds(1))).contains(job);
            assertThat(store.byHash(key.hash(), NOW.plusSeconds(1))).isEmpty();
            assertThat(store.byHash(JobDatabase.KEY.hash(), NOW.minusSeconds(1)))
                    .isEmpty();
        }

        @Test
        void eventsAndCheckpointsAreKeptNewestFirst() {
            Job job = database.stored(Map.of());
            events.message(job.id(), JobEvent.Level.WARN, "one");
            events.metrics(database.started(job), "two", Map.of("loss", 0.5));
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
            Job run = database.started(database.stored(Map.of()));
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
            Job job = database.stored(Map.of());
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
            Job job = database.stored(Map.of());
            CompletableFuture<Void> second = new CompletableFuture<>();
            database.transaction.executeWithoutResult(status -> {
                events.message(job.id(), JobEvent.Level.INFO, "first");
                second.completeAsync(() -> {
                    events.message(job.id(), JobEvent.Level.INFO, "second");
                    return null;
                });
                assertThatThrownBy(() -> second.get(300, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            });
            second.get();
            assertThat(events.after(job.id(), 0, 10))
                    .extracting(stored -> stored.event().message())
                    .containsExactly("first", "second");
        }

        @Test
        void theNumbersOfAStepAndItsEvaluationAreOneRow() {
            JobId job = database.stored(Map.of()).id();
            JobMetrics metrics = database.metrics;
            metrics.put(job, List.of(point(0, Kind.EVALUATION, "valid_loss", 3), point(1, Kind.TRAINING, "loss", 2)));
            metrics.put(job, List.of(point(2, Kind.EVALUATION, "valid_loss", 1), point(2, Kind.TRAINING, "loss", 1)));
            assertThat(metrics.list(job, -1, 10))
                    .extracting(JobMetrics.Row::step)
                    .containsExactly(0, 1, 2);
            assertThat(metrics.list(job, 1, 10))
                    .containsExactly(new JobMetrics.Row(2, NOW, Map.of("loss", 1.0, "valid_loss", 1.0)));
            assertThat(metrics.list(job, -1, 2))
                    .extracting(JobMetrics.Row::step)
                    .containsExactly(0, 1);
            metrics.put(job, List.of(point(2, Kind.TRAINING, "loss", 0.5)));
            assertThat(metrics.list(job, 1, 10).get(0).values()).isEqualTo(Map.of("loss", 0.5, "valid_loss", 1.0));
            metrics.forget(job, 1);
            assertThat(metrics.list(job, -1, 10))
                    .extracting(JobMetrics.Row::step)
                    .containsExactly(0, 1);
        }

        @Test
        void theBestCheckpointIsTheOneOfTheHighestScoreOfEqualsTheEarlier() {
            JobId job = database.stored(Map.of()).id();
            assertThat(checkpoints.best(job)).isEmpty();
            checkpoints.put(new JobCheckpoint("c1", job, NOW, 1, "paused", Map.of()));
            assertThat(checkpoints.best(job)).isEmpty();
            for (int step = 2; step < 5; step++) {
                double score = step == 2 ? 0.25 : 0.5;
                checkpoints.put(
                        new JobCheckpoint("c" + step, job, NOW, step, "m" + step, Map.of(JobCheckpoint.SCORE, score)));
            }
            assertThat(checkpoints.best(job)).contains("m3");
        }

        @Test
        void theNewestSamplesAreKeptAndFoundByTheirStep() {
            JobId job = database.stored(Map.of()).id();
            JobSamples samples = database.samples;
            Grade grade = new Grade(0.5, Map.of(), Set.of());
            SampledReply.Token token = new SampledReply.Token("a", -1, Double.NEGATIVE_INFINITY, 0.25, 0.75);
            SampledReply reply = new SampledReply(List.of(), "ä", "a", SampledReply.End.LENGTH, grade, List.of(token));
            List<SampledReply> four = List.of(reply, reply, reply, reply);
            samples.put(job, new Progress.Sampled(0, Progress.Split.VALID, four));
            samples.put(job, new Progress.Sampled(1, Progress.Split.VALID, four));
            samples.put(job, new Progress.Sampled(498, Progress.Split.VALID, Collections.nCopies(1_988, reply)));
            samples.put(job, new Progress.Sampled(499, Progress.Split.VALID, four));
            samples.put(job, new Progress.Sampled(500, Progress.Split.VALID, four));
            assertThat(samples.list(job, 0, ALL)).isEmpty();
            assertThat(samples.list(job, 1, ALL)).hasSize(4);
            List<Map<String, Object>> newest = samples.list(job, null, new PageQuery(null, 5));
            assertThat(newest).extracting(sample -> sample.get("step")).containsExactly(500, 500, 500, 500, 499, 499);
            assertThat(newest.get(0))
                    .containsEntry("prompt", "ä")
                    .containsEntry("finish_reason", "length")
                    .containsEntry("reward", 0.5);
            Map<?, ?> one = (Map<?, ?>) ((List<?>) newest.get(0).get("tokens")).get(0);
            assertThat(one.get("advantage")).isEqualTo(0.5);
            assertThat(one.get("prior_logprob")).isNull();
            assertThat(samples.list(
                                    job,
                                    null,
                                    new PageQuery((String) newest.get(3).get("id"), 1))
                            .get(0))
                    .containsEntry("step", 499);
            samples.forget(job, 499);
            assertThat(samples.list(job, null, ALL).get(0)).containsEntry("step", 498);
        }

        private static JobMetrics.Point point(int step, Kind kind, String name, double value) {
            return new JobMetrics.Point(step, kind, NOW, Map.of(name, value));
        }
    }

    @Nested
    class OnTheEmbeddedDatabase extends OnAnyDatabase {
        @Override
        DataSource source() {
            return Databases.embedded();
        }
    }

    @Nested
    class OnPostgres extends OnAnyDatabase {
        @Override
        DataSource source() {
            return Databases.postgres();
        }
    }
}
