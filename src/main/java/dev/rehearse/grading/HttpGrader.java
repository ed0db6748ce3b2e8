package dev.rehearse.grading;

import dev.rehearse.outbound.AllowedHosts;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A server's number. Each reply is posted as {@code {"sample", "item", "step", "total_steps"}} and answered with
 * {@code {"reward": 0.7}}; with a batch above 1, {@code {"items": [{"sample", "item"}, …], "step", "total_steps"}} is
 * answered with {@code {"rewards": [0.7, null, …]}}, null where there is none.
 *
 * <p>Immutable.
 *
 * @param headers sent with each request
 * @param timeout of one try; null is the service's
 * @param batch most replies in one request
 */
public record HttpGrader(
        String name,
        URI url,
        Map<String, String> headers,
        @Nullable Duration timeout,
        int batch) implements Grader {
    /** Replies in one request. */
    public static final int MOST_BATCH = 256;

    public static final int MOST_HEADERS = 16;

    public HttpGrader {
        headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
        AllowedHosts.requireAddress(url);
        if (batch < 1 || batch > MOST_BATCH) {
            throw new IllegalArgumentException("batch is " + batch + "; it must be 1 to " + MOST_BATCH);
        }
        if (headers.size() > MOST_HEADERS) {
            throw new IllegalArgumentException(
                    "headers are " + headers.size() + "; at most " + MOST_HEADERS + " are allowed");
        }
        headers.forEach(HttpGrader::check);
    }

    private static void check(String name, String value) {
        try {
            HttpRequest.newBuilder().header(name, value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("headers has '" + name + "', which cannot be sent: " + e.getMessage());
        }
    }

    @Override
    public String type() {
        return "http";
    }

    @Override
    public int batchSize() {
        return batch;
    }

    @Override
    public List<Grade> grade(List<Subject> subjects, Services services) {
        List<Grade> grades = new ArrayList<>(subjects.size());
        for (int from = 0; from < subjects.size(); from += batch) {
            grades.addAll(request(subjects.subList(from, Math.min(subjects.size(), from + batch)), services));
        }
        return grades;
    }

    private List<Grade> request(List<Subject> subjects, Services services) {
        long begin = services.nanoTime().getAsLong();
        List<Verdict> verdicts = new ArrayList<>(subjects.size());
        try {
            for (double reward : services.servers().rewards(this, subjects)) {
                verdicts.add(Double.isFinite(reward) ? Verdict.of(reward) : Verdict.failed(none()));
            }
        } catch (GradingException e) {
            Verdict failed = Verdict.failed(GraderCall.Failure.of(e));
            verdicts.addAll(Collections.nCopies(subjects.size(), failed));
        }
        long nanos = services.nanoTime().getAsLong() - begin;
        return verdicts.stream()
                .map(verdict -> Single.grade(this, verdict, nanos))
                .toList();
    }

    private GraderCall.Failure none() {
        return new GraderCall.Failure(GradeError.OTHER_ERROR, url + " gave no reward for this reply", false);
    }
}
