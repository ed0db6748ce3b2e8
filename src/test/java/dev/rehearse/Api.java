package dev.rehearse;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The service as a client sees it. */
public final class Api {
    private static final JsonMapper JSON = new JsonMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(5);
    private static final String BOUNDARY = "----boundary";

    private final HttpClient client = HttpClient.newHttpClient();
    private final String url;
    private final Map<String, String> always;

    public Api(int port) {
        this(port, Map.of());
    }

    private Api(int port, Map<String, String> always) {
        this.url = "http://localhost:" + port;
        this.always = always;
    }

    /** A client that has this API key. */
    public static Api withKey(int port, String key) {
        return new Api(port, Map.of("Authorization", "Bearer " + key));
    }

    public record Answer(int status, HttpHeaders headers, String text) {
        public JsonNode body() {
            return JSON.readTree(text);
        }

        public String id() {
            return body().path("id").asString("");
        }

        /** The error's fields, after a look that all four are there and nothing else is. */
        public JsonNode error() {
            JsonNode error = body().path("error");
            if (!Set.copyOf(error.propertyNames()).equals(Set.of("message", "type", "param", "code"))) {
                throw new AssertionError("not an error envelope: " + text);
            }
            return error;
        }
    }

    public Answer get(String path, String... headers) {
        return send(request(path, headers).GET());
    }

    public Answer delete(String path) {
        return send(request(path).DELETE());
    }

    public Answer post(String path, String json, String... headers) {
        return send(request(path, headers)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json)));
    }

    public Answer send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Answer(response.statusCode(), response.headers(), response.body());
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    public HttpRequest.Builder request(String path, String... headers) {
        HttpRequest.Builder builder =
                HttpRequest.newBuilder(URI.create(url + path)).timeout(PATIENCE);
        always.forEach(builder::header);
        return headers.length == 0 ? builder : builder.headers(headers);
    }

    public Answer upload(String filename, String content) {
        return upload(filename, content.getBytes(StandardCharsets.UTF_8), Map.of("purpose", "fine-tune"));
    }

    public Answer upload(String filename, byte[] content, Map<String, String> fields) {
        StringBuilder head = new StringBuilder();
        fields.forEach((name, value) -> head.append("--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"")
                .append(name)
                .append("\"\r\n\r\n")
                .append(value)
                .append("\r\n"));
        head.append("--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"")
                .append(filename)
                .append("\"\r\nContent-Type: application/octet-stream\r\n\r\n");
        var body = HttpRequest.BodyPublishers.concat(
                HttpRequest.BodyPublishers.ofString(head.toString()),
                HttpRequest.BodyPublishers.ofByteArray(content),
                HttpRequest.BodyPublishers.ofString("\r\n--" + BOUNDARY + "--\r\n"));
        return send(request("/v1/files")
                .header("content-type", "multipart/form-data; boundary=" + BOUNDARY)
                .POST(body));
    }

    /** Uploads a training file of one good chat row and returns its id. */
    public String trainingFile() {
        return upload("train.jsonl", """
                {"messages":[{"role":"user","content":"h i"},{"role":"assistant","content":"HH AY"}],"word":"hi"}
                """).id();
    }

    /** Creates a job of the kind that ignores what it learns from. */
    public Answer createJob(String file, int seed) {
        return createJob(Map.of("training_file", file, "seed", seed));
    }

    public Answer createJob(Map<String, ?> fields, String... headers) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("model", "gpt2-tiny");
        body.putAll(fields);
        return post("/v1/fine_tuning/jobs", JSON.writeValueAsString(body), headers);
    }

    public JsonNode job(String id) {
        return get("/v1/fine_tuning/jobs/" + id).body();
    }

    public JsonNode awaitStatus(String job, String status) {
        return await(
                "/v1/fine_tuning/jobs/" + job,
                body -> body.path("status").asString("").equals(status));
    }

    /** Asks again until the answer is as it should be. */
    public JsonNode await(String path, Predicate<JsonNode> expected) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        JsonNode last;
        do {
            last = get(path).body();
            if (expected.test(last)) {
                return last;
            }
            LockSupport.parkNanos(BETWEEN_LOOKS.toNanos()); // and leaves the processor to those it waits for
        } while (System.nanoTime() < deadline);
        throw new AssertionError("still not so: " + last);
    }
}
