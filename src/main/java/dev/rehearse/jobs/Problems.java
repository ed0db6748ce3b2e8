package dev.rehearse.jobs;

import dev.rehearse.training.InvalidExampleException;
import dev.rehearse.web.ApiException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Everything that is wrong with a request and its files, the first hundred of it in words. Confined to one thread. */
final class Problems {
    private static final int MOST = 100;

    private final List<Map<String, @Nullable Object>> told = new ArrayList<>();
    private int count;

    void add(ApiException e) {
        add(Objects.requireNonNullElse(e.code(), "invalid_value"), e.param(), e.message(), null);
    }

    /** A row that cannot be learned from. */
    void add(String param, InvalidExampleException e) {
        JobError error = JobData.invalid(param, e).error();
        add(error.code(), param, error.message(), e.line());
    }

    void add(String code, @Nullable String param, String message, @Nullable Integer line) {
        count++;
        if (told.size() < MOST) {
            Map<String, @Nullable Object> problem = new LinkedHashMap<>();
            problem.put("code", code);
            problem.put("param", param);
            problem.put("line", line);
            problem.put("message", message);
            told.add(problem);
        }
    }

    /** Runs it, and keeps what it refuses. */
    void attempt(Runnable check) {
        try {
            check.run();
        } catch (ApiException e) {
            add(e);
        }
    }

    int count() {
        return count;
    }

    List<Map<String, @Nullable Object>> told() {
        return told;
    }
}
