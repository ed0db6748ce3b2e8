package dev.rehearse.jobs;

import static dev.rehearse.jobs.StoredJson.at;

import dev.rehearse.web.ApiException;
import dev.rehearse.web.PageQuery;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The checkpoints that are kept of each job. Thread-safe. */
@Component
final class JobCheckpoints {
    private final JdbcClient database;

    JobCheckpoints(JdbcClient database) {
        this.database = database;
    }

    /** Adds it, in place of one of the same step from an earlier attempt. */
    void put(JobCheckpoint checkpoint) {
        remove(checkpoint.job(), checkpoint.step());
        database.sql("""
                        insert into job_checkpoints (id, job_id, created_at, step, model, metrics, score)
                        values (:id, :job, :createdAt, :step, :model, :metrics, :score)
                        """)
                .param("id", checkpoint.id())
                .param("job", checkpoint.job().value())
                .param("createdAt", at(checkpoint.createdAt()))
                .param("step", checkpoint.step())
                .param("model", checkpoint.model())
                .param("metrics", StoredJson.write(checkpoint.metrics()))
                .param("score", checkpoint.metrics().get(JobCheckpoint.SCORE), Types.DOUBLE)
                .update();
    }

    void remove(JobId job, int step) {
        database.sql("delete from job_checkpoints where job_id = :job and step = :step")
                .param("job", job.value())
                .param("step", step)
                .update();
    }

    /** The model of the best; of equals the earlier. */
    Optional<String> best(JobId job) {
        return database.sql("""
                        select model from job_checkpoints where job_id = :job and score is not null
                        order by score desc, step limit 1
                        """).param("job", job.value()).query(String.class).optional();
    }

    List<JobCheckpoint> all(JobId job) {
        return list(job, new PageQuery(null, Integer.MAX_VALUE - 1));
    }

    /** Newest first. */
    List<JobCheckpoint> list(JobId job, PageQuery page) {
        return database.sql("""
                        select * from job_checkpoints where job_id = :job and position < :after
                        order by position desc limit :limit
                        """)
                .param("job", job.value())
                .param("after", page.after() == null ? Long.MAX_VALUE : position(job, page.after()))
                .param("limit", page.oneMore())
                .query((row, number) -> checkpoint(row))
                .list();
    }

    private long position(JobId job, String id) {
        return database.sql("select position from job_checkpoints where id = :id and job_id = :job")
                .param("id", id)
                .param("job", job.value())
                .query(Long.class)
                .optional()
                .orElseThrow(
                        () -> ApiException.invalid("invalid_value", "after", "No such checkpoint of this job: " + id));
    }

    private static JobCheckpoint checkpoint(ResultSet row) throws SQLException {
        return new JobCheckpoint(
                row.getString("id"),
                new JobId(row.getString("job_id")),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getInt("step"),
                row.getString("model"),
                StoredJson.read(row.getString("metrics")));
    }
}
