package dev.rehearse.jobs;

import dev.rehearse.files.FileId;
import dev.rehearse.files.FileStore;
import dev.rehearse.files.Purpose;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * The numbers of a job as a file that clients download: CSV, one line a step, one column a metric in the order of their
 * names, empty where a step does not have it. Thread-safe for different jobs.
 */
@Component
final class ResultFiles {
    private static final Logger log = LoggerFactory.getLogger(ResultFiles.class);
    private static final int AT_ONCE = 1_000;

    private final JobStore jobs;
    private final JobMetrics metrics;
    private final FileStore files;

    ResultFiles(JobStore jobs, JobMetrics metrics, FileStore files) {
        this.jobs = jobs;
        this.metrics = metrics;
        this.files = files;
    }

    /**
     * Writes the file and puts it into the job; nothing where it made no step, or has its file. A job does not come to
     * another end because of this.
     */
    void write(JobId id) {
        try {
            tryToWrite(jobs.require(id));
        } catch (RuntimeException e) {
            log.warn("job {} goes without its result file", id, e);
        }
    }

    private void tryToWrite(Job job) {
        JobId id = job.id();
        List<JobMetrics.Row> rows = job.ending().results() == null ? rows(id) : List.of();
        if (rows.isEmpty()) {
            return;
        }
        byte[] content = csv(rows).getBytes(StandardCharsets.UTF_8);
        String name = id + "-metrics.csv";
        FileId file = files.add(new ByteArrayInputStream(content), name, Purpose.FINE_TUNE_RESULTS, null)
                .id();
        jobs.putResults(id, file);
    }

    private List<JobMetrics.Row> rows(JobId id) {
        List<JobMetrics.Row> all = new ArrayList<>();
        int last = -1;
        List<JobMetrics.Row> page = metrics.list(id, last, AT_ONCE);
        while (!page.isEmpty()) {
            all.addAll(page);
            last = page.get(page.size() - 1).step();
            page = metrics.list(id, last, AT_ONCE);
        }
        return all;
    }

    private static String csv(List<JobMetrics.Row> rows) {
        Set<String> columns = new TreeSet<>();
        rows.forEach(row -> columns.addAll(row.values().keySet()));
        StringBuilder csv = new StringBuilder("step");
        columns.forEach(column -> csv.append(',').append(quoted(column)));
        for (JobMetrics.Row row : rows) {
            csv.append('\n').append(row.step());
            for (String column : columns) {
                Double value = row.values().get(column);
                csv.append(',').append(value == null ? "" : value.toString());
            }
        }
        return csv.append('\n').toString();
    }

    /** The name of a grader is part of a metric's, and may hold anything. */
    private static String quoted(String column) {
        return column.matches("[\\w.-]+") ? column : '"' + column.replace("\"", "\"\"") + '"';
    }
}
