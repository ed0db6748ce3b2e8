package dev.rehearse.jobs;

import static dev.rehearse.jobs.StoredJson.at;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The numbers of each job, step by step. Thread-safe. */
@Component
final class JobMetrics {
    private final JdbcTemplate database;
    private final JdbcClient client;

    JobMetrics(JdbcTemplate database) {
        this.database = database;
        this.client = JdbcClient.create(database);
    }

    /** Where numbers come from. */
    enum Kind {
        TRAINING,
        EVALUATION
    }

    /** The numbers of one step or of one evaluation. */
    record Point(int step, Kind kind, Instant at, Map<String, Double> values) {}

    /**
     * All numbers of a step.
     *
     * @param at when they were last added to
     */
    record Row(int step, Instant at, Map<String, Double> values) {

        /** The row on the wire. */
        Map<String, Object> view() {
            Map<String, Object> view = new LinkedHashMap<>();
            view.put("object", "fine_tuning.job.metrics");
            view.put("step", step);
            view.put("created_at", at.getEpochSecond());
            view.put("metrics", values);
            return view;
        }
    }

    /** Puts them in, in place of those that an earlier attempt made. */
    void put(JobId job, List<Point> points) {
        database.batchUpdate(
                "delete from job_metrics where job_id = ? and step = ? and kind = ?",
                points.stream()
                        .map(point -> new Object[] {
                            job.value(), point.step(), point.kind().name()
                        })
                        .toList());
        database.batchUpdate(
                "insert into job_metrics (job_id, step, kind, created_at, metrics) values (?, ?, ?, ?, ?)",
                points.stream()
                        .map(point -> new Object[] {
                            job.value(),
                            point.step(),
                            point.kind().name(),
                            at(point.at()),
                            StoredJson.write(point.values())
                        })
                        .toList());
    }

    /** Removes what an attempt made beyond the step from which another goes on. */
    void forget(JobId job, int afterStep) {
        client.sql("delete from job_metrics where job_id = :job and step > :step")
                .param("job", job.value())
                .param("step", afterStep)
                .update();
    }

    /** Oldest first, at most {@code limit} of those after the step. */
    List<Row> list(JobId job, int afterStep, int limit) {
        List<Point> points = client.sql("""
                        select * from job_metrics where job_id = :job and step > :step
                        order by step, kind desc limit :limit
                        """)
                .param("job", job.value())
                .param("step", afterStep)
                .param("limit", Kind.values().length * (long) limit)
                .query((row, number) -> point(row))
                .list();
        Map<Integer, List<Point>> bySteps = new TreeMap<>();
        points.forEach(point ->
                bySteps.computeIfAbsent(point.step(), step -> new ArrayList<>()).add(point));
        return bySteps.values().stream().limit(limit).map(JobMetrics::merged).toList();
    }

    private static Row merged(List<Point> points) {
        Map<String, Double> values = new TreeMap<>();
        points.forEach(point -> values.putAll(point.values()));
        Point last = points.get(points.size() - 1);
        return new Row(last.step(), last.at(), values);
    }

    private static Point point(ResultSet row) throws SQLException {
        Map<String, Double> values = new LinkedHashMap<>();
        StoredJson.read(row.getString("metrics"))
                .forEach((name, value) -> values.put(name, ((Number) value).doubleValue()));
        return new Point(
                row.getInt("step"),
                Kind.valueOf(row.getString("kind")),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                values);
    }
}
