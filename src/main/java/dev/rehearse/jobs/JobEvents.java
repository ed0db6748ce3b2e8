package dev.rehearse.jobs;

import static dev.rehearse.jobs.StoredJson.at;

import dev.rehearse.web.ApiException;
import dev.rehearse.web.FreshId;
import dev.rehearse.web.PageQuery;
import dev.rehearse.web.StorableText;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What happened to each job. Events of a job are written one at a time, under a lock on the job's row: whoever has read up
 * to one of them, in their order, has missed none. Thread-safe.
 */
@Component
final class JobEvents {
    private final JdbcClient database;
    private final JobStore jobs;
    private final TransactionTemplate transaction;
    private final Clock clock;

    JobEvents(JdbcClient database, JobStore jobs, TransactionTemplate transaction, Clock clock) {
        this.database = database;
        this.jobs = jobs;
        this.transaction = transaction;
        this.clock = clock;
    }

    /** An event and its place in the order of all. */
    record Stored(long position, JobEvent event) {}

    /** How a job is, and the position of its newest event; 0 when it has none. */
    record Newest(JobState state, long position) {}

    void message(JobId job, JobEvent.Level level, String message) {
        transaction.executeWithoutResult(status -> {
            jobs.hold(job);
            insert(job, level, message, null);
        });
    }

    /** What a run tells; once it is over, whoever ended it, nothing is written. */
    void message(Job running, JobEvent.Level level, String message) {
        report(running, level, message, null);
    }

    /** The same with numbers. */
    void metrics(Job running, String message, Map<String, Object> data) {
        report(running, JobEvent.Level.INFO, message, data);
    }

    private void report(Job running, JobEvent.Level level, String message, @Nullable Map<String, Object> data) {
        transaction.executeWithoutResult(status -> {
            if (jobs.hold(running)) {
                insert(running.id(), level, message, data);
            }
        });
    }

    /** Newest first. */
    List<JobEvent> list(JobId job, PageQuery page) {
        return database.sql("""
                        select * from job_events where job_id = :job and position < :after
                        order by position desc limit :limit
                        """)
                .param("job", job.value())
                .param("after", page.after() == null ? Long.MAX_VALUE : position(job, page.after()))
                .param("limit", page.oneMore())
                .query((row, number) -> event(row))
                .list();
    }

    /** Oldest first, those after {@code position}. */
    List<Stored> after(JobId job, long position, int limit) {
        return database.sql("""
                        select * from job_events where job_id = :job and position > :position
                        order by position limit :limit
                        """)
                .param("job", job.value())
                .param("position", position)
                .param("limit", limit)
                .query((row, number) -> new Stored(row.getLong("position"), event(row)))
                .list();
    }

    /** Of each of the jobs, as they are at one moment. */
    Map<JobId, Newest> newest(Set<JobId> jobs) {
        Map<JobId, Newest> newest = new HashMap<>();
        if (!jobs.isEmpty()) {
            database.sql("""
                            select id, state, (select coalesce(max(e.position), 0) from job_events e
                                               where e.job_id = jobs.id) as newest
                            from jobs where id in (:ids)
                            """)
                    .param("ids", jobs.stream().map(JobId::value).toList())
                    .query(row -> {
                        Newest found = new Newest(JobState.valueOf(row.getString("state")), row.getLong("newest"));
                        newest.put(new JobId(row.getString("id")), found);
                    });
        }
        return newest;
    }

    /** @throws ApiException 400 when the job has no such event */
    long position(JobId job, String id) {
        return database.sql("select position from job_events where id = :id and job_id = :job")
                .param("id", id)
                .param("job", job.value())
                .query(Long.class)
                .optional()
                .orElseThrow(() -> ApiException.invalid("invalid_value", "after", "No such event of this job: " + id));
    }

    private void insert(JobId job, JobEvent.Level level, String message, @Nullable Map<String, Object> data) {
        database.sql("""
                        insert into job_events (id, job_id, created_at, level, message, data)
                        values (:id, :job, :createdAt, :level, :message, :data)
                        """)
                .param("id", FreshId.withPrefix("ftevent-"))
                .param("job", job.value())
                .param("createdAt", at(clock.instant()))
                .param("level", level.name())
                .param("message", StorableText.readable(message))
                .param("data", StoredJson.writeOrNull(data), Types.VARCHAR)
                .update();
    }

    private static JobEvent event(ResultSet row) throws SQLException {
        return new JobEvent(
                row.getString("id"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                JobEvent.Level.valueOf(row.getString("level")),
                row.getString("message"),
                StoredJson.readOrNull(row.getString("data")));
    }
}
