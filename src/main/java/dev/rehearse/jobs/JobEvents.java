package dev.rehearse.jobs;

import static dev.rehearse.jobs.StoredJson.at;

import dev.rehearse.web.ApiException;
import dev.rehearse.web.FreshId;
import dev.rehearse.web.PageQuery;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** What happened to each job. Thread-safe. */
@Component
final class JobEvents {
    private final JdbcClient database;
    private final Clock clock;

    JobEvents(JdbcClient database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    void message(JobId job, JobEvent.Level level, String message) {
        insert(job, level, message, null);
    }

    void metrics(JobId job, String message, Map<String, Object> data) {
        insert(job, JobEvent.Level.INFO, message, data);
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

    private void insert(JobId job, JobEvent.Level level, String message, @Nullable Map<String, Object> data) {
        database.sql("""
                        insert into job_events (id, job_id, created_at, level, message, data)
                        values (:id, :job, :createdAt, :level, :message, :data)
                        """)
                .param("id", FreshId.withPrefix("ftevent-"))
                .param("job", job.value())
                .param("createdAt", at(clock.instant()))
                .param("level", level.name())
                .param("message", message)
                .param("data", StoredJson.writeOrNull(data), Types.VARCHAR)
                .update();
    }

    private long position(JobId job, String id) {
        return database.sql("select position from job_events where id = :id and job_id = :job")
                .param("id", id)
                .param("job", job.value())
                .query(Long.class)
                .optional()
                .orElseThrow(() -> ApiException.invalid("invalid_value", "after", "No such event of this job: " + id));
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
