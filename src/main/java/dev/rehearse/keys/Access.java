package dev.rehearse.keys;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.PathContainer;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

/**
 * What each endpoint asks of a key; the first row that fits decides. What has no row asks for an administrator's, so that
 * a new endpoint is closed until it stands here. Stateless; any thread.
 */
final class Access {
    private static final Set<String> LOOKING = Set.of("GET", "HEAD");
    private static final Set<String> POST = Set.of("POST");
    private static final Set<String> DELETE = Set.of("DELETE");

    private static final List<Row> ROWS = List.of(
            open("/livez"),
            open("/readyz"),
            open("/actuator/health/**"),
            // what the API looks like is no secret, and a browser opens these without a key
            open("/swagger-ui.html"),
            open("/swagger-ui/**"),
            open("/v3/api-docs/**"),
            open("/v3/api-docs.yaml"),
            row(LOOKING, "/actuator/**", Scope.READ),
            row(LOOKING, "/v1/api_keys/**", Scope.ADMIN),
            row(LOOKING, "/v1/webhook_endpoints/**", Scope.ADMIN),
            row(LOOKING, "/v1/**", Scope.READ),
            row(POST, "/v1/files", Scope.TRAIN),
            row(DELETE, "/v1/files/*", Scope.TRAIN),
            row(POST, "/v1/fine_tuning/**", Scope.TRAIN),
            row(DELETE, "/v1/models/*", Scope.TRAIN),
            row(POST, "/v1/chat/completions", Scope.GENERATE),
            row(POST, "/v1/completions", Scope.GENERATE),
            row(POST, "/v1/embeddings", Scope.GENERATE));

    private Access() {}

    /** @param scope null for an endpoint that anybody may ask */
    private record Row(
            Set<String> methods, PathPattern path, @Nullable Scope scope) {}

    /**
     * The scope that a key needs, or null when none is asked for.
     *
     * @param path as Spring cuts it into segments to find the handler, so that both read it alike
     */
    static @Nullable Scope needed(String method, PathContainer path) {
        for (Row row : ROWS) {
            if (row.methods().contains(method) && row.path().matches(path)) {
                return row.scope();
            }
        }
        return Scope.ADMIN;
    }

    private static Row open(String path) {
        return row(LOOKING, path, null);
    }

    private static Row row(Set<String> methods, String path, @Nullable Scope scope) {
        return new Row(methods, PathPatternParser.defaultInstance.parse(path), scope);
    }
}
