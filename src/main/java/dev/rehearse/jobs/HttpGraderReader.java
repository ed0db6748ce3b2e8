package dev.rehearse.jobs;

import dev.rehearse.grading.Grader;
import dev.rehearse.grading.HttpGrader;
import dev.rehearse.web.JsonFields;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Our {@code http} grader from JSON. Stateless; any thread. */
final class HttpGraderReader {
    private static final int LONGEST_TIMEOUT_MILLIS = 600_000;

    private HttpGraderReader() {}

    static Grader read(String name, JsonFields fields) {
        URI url = url(fields);
        Map<String, String> headers = headers(fields.object("headers"));
        Integer timeout = fields.integer("timeout_ms", 1, LONGEST_TIMEOUT_MILLIS);
        Integer batch = fields.integer("batch", 1, HttpGrader.MOST_BATCH);
        try {
            return new HttpGrader(
                    name, url, headers, timeout == null ? null : Duration.ofMillis(timeout), batch == null ? 1 : batch);
        } catch (IllegalArgumentException e) {
            String message = Objects.toString(e.getMessage());
            throw fields.invalid(message.startsWith("headers") ? "headers" : "url", message);
        }
    }

    private static URI url(JsonFields fields) {
        String url = fields.requireText("url");
        try {
            return new URI(url);
        } catch (URISyntaxException e) {
            throw fields.invalid("url", "'" + url + "' is not an address: " + e.getMessage());
        }
    }

    private static Map<String, String> headers(@Nullable JsonFields given) {
        Map<String, String> headers = new LinkedHashMap<>();
        if (given != null) {
            given.entries().forEach(entry -> headers.put(entry.getKey(), given.requireText(entry.getKey())));
        }
        return headers;
    }
}
