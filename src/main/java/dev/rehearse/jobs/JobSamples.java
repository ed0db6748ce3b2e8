package dev.rehearse.jobs;

import static dev.rehearse.jobs.StoredJson.at;

import dev.rehearse.training.Progress;
import dev.rehearse.training.SampledReply;
import dev.rehearse.web.ApiException;
import dev.rehearse.web.FreshId;
import dev.rehearse.web.PageQuery;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Replies of each job that people may look at; of very many the oldest go. Thread-safe. */
@Component
final class JobSamples {
    private static final int MOST = 2_000;

    private final JdbcClient database;
    private final Clock clock;

    JobSamples(JdbcClient database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    void put(JobId job, Progress.Sampled sampled) {
        for (SampledReply reply : sampled.replies()) {
            database.sql("""
                            insert into job_samples (id, job_id, created_at, step, split, content)
                            values (:id, :job, :createdAt, :step, :split, :content)
                            """)
                    .param("id", FreshId.withPrefix("ftsample-"))
                    .param("job", job.value())
                    .param("createdAt", at(clock.instant()))
                    .param("step", sampled.step())
                    .param("split", sampled.split().wireName())
                    .param("content", StoredJson.write(SampleView.of(reply)))
                    .update();
        }
        database.sql("""
                        delete from job_samples where job_id = :job and position <=
                            (select position from job_samples where job_id = :job
                             order by position desc offset :most rows fetch first 1 rows only)
                        """).param("job", job.value()).param("most", MOST).update();
    }

    /** Removes what an attempt made beyond the step from which another goes on, which evaluates that step again. */
    void forget(JobId job, int fromStep) {
        database.sql("delete from job_samples where job_id = :job and step >= :step")
                .param("job", job.value())
                .param("step", fromStep)
                .update();
    }

    /** Newest first, on the wire; of one step where it is given. */
    List<Map<String, Object>> list(JobId job, @Nullable Integer step, PageQuery page) {
        return database.sql("select * from job_samples where job_id = :job and position < :after"
                        + (step == null ? "" : " and step = :step") + " order by position desc limit :limit")
                .param("job", job.value())
                .param("after", page.after() == null ? Long.MAX_VALUE : position(job, page.after()))
                .param("step", step == null ? 0 : step)
                .param("limit", page.oneMore())
                .query((row, number) -> {
                    Map<String, Object> view = new LinkedHashMap<>();
                    view.put("id", row.getString("id"));
                    view.put("object", "fine_tuning.job.sample");
                    view.put(
                            "created_at",
                            row.getObject("created_at", OffsetDateTime.class).toEpochSecond());
                    view.put("step", row.getInt("step"));
                    view.put("split", row.getString("split"));
                    view.putAll(StoredJson.read(row.getString("content")));
                    return view;
                })
                .list();
    }

    private long position(JobId job, String id) {
        return database.sql("select position from job_samples where id = :id and job_id = :job")
                .param("id", id)
                .param("job", job.value())
                .query(Long.class)
                .optional()
                .orElseThrow(() -> ApiException.invalid("invalid_value", "after", "No such sample of this job: " + id));
    }
}
