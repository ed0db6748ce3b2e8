package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.Databases;
import dev.rehearse.SettableClock;
import dev.rehearse.files.FileId;
import dev.rehearse.jobs.JobState.Move;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Instant;
import java.util.Map;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The tables of jobs on an empty database, with a clock that stands still until it is moved. */
final class JobDatabase {
    static final Instant NOW = Instant.parse("2026-11-23T10:00:00.123456Z");
    static final RequestKey KEY = RequestKey.of(new byte[0], null, null, null);

    final SettableClock clock = new SettableClock(NOW);
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final TransactionTemplate transaction;
    final JobStore store;
    final JobEvents events;
    final JobMetrics metrics;
    final JobSamples samples;
    final JobCheckpoints checkpoints;
    final RunJournal.Books books;

    JobDatabase(DataSource source) {
        Databases.emptied(source);
        JdbcClient client = JdbcClient.create(source);
        transaction = new TransactionTemplate(new JdbcTransactionManager(source));
        store = new JobStore(client);
        events = new JobEvents(client, store, transaction, clock);
        metrics = new JobMetrics(new JdbcTemplate(source));
        samples = new JobSamples(client, clock);
        checkpoints = new JobCheckpoints(client);
        books = new RunJournal.Books(store, events, metrics, samples, new JobMeters(meters, store), transaction);
    }

    Job stored(Map<String, String> metadata) {
        Job job = fresh(metadata);
        store.insert(job, KEY);
        return job;
    }

    Job started(Job job) {
        assertThat(store.move(job, Move.ACCEPT, Job.Ending.NONE)).isTrue();
        assertThat(store.move(store.require(job.id()), Move.START, Job.Ending.NONE))
                .isTrue();
        return store.require(job.id());
    }

    static Job fresh(Map<String, String> metadata) {
        JobMethod method = new JobMethod(JobMethod.Kind.SUPERVISED, Map.of("hyperparameters", Map.of("n_epochs", 2)));
        JobRequest.Labels labels = new JobRequest.Labels("s", metadata);
        return Job.fresh(
                new JobRequest("gpt2-tiny", new FileId("file-t"), new FileId("file-v"), method, 7, labels), NOW);
    }
}
