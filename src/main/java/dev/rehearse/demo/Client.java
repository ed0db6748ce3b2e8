package dev.rehearse.demo;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The service as any client sees it: JSON over HTTP, and {@link DemoFailure} for all that goes wrong. Thread-safe. */
final class Client {
    private static final JsonMapper JSON = new JsonMapper();
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final String BOUNDARY = "rehearse-demo-7c1f0b52e3a94d68";
    private static final int MOST_ATTEMPTS = 20;
    private static final int LONGEST_EXCERPT = 200;

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    private final String url;

    Client(String url) {
        this.url = url;
    }

    String url() {
        return url;
    }

    JsonNode get(String path) throws InterruptedException {
        return send(request(path).GET().build());
    }

    JsonNode post(String path, JsonNode body) throws InterruptedException {
        return send(json(path, body));
    }

    /** Without a body, as for cancelling a job. */
    JsonNode post(String path) throws InterruptedException {
        return send(request(path).POST(BodyPublishers.noBody()).build());
    }

    /** Waits and asks again when the service says that it is full (429) or not there yet (503). */
    CompletableFuture<JsonNode> postAsync(String path, JsonNode body) {
        return attempt(json(path, body), 1);
    }

    /** Uploads a file for training and returns its id. */
    String upload(Path file) throws InterruptedException {
        HttpRequest request = request("/v1/files")
                .header("content-type", "multipart/form-data; boundary=" + BOUNDARY)
                .POST(multipart(file))
                .build();
        return send(request).path("id").asString();
    }

    private static BodyPublisher multipart(Path file) {
        String before = "--" + BOUNDARY + "\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\nfine-tune\r\n--"
                + BOUNDARY + "\r\ncontent-disposition: form-data; name=\"file\"; filename=\"" + file.getFileName()
                + "\"\r\ncontent-type: application/octet-stream\r\n\r\n";
        try {
            return BodyPublishers.concat(
                    BodyPublishers.ofString(before),
                    BodyPublishers.ofFile(file),
                    BodyPublishers.ofString("\r\n--" + BOUNDARY + "--\r\n"));
        } catch (FileNotFoundException e) {
            throw new DemoFailure("there is no file " + file + "; rehearse.demo.data names the folder of the data");
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url + path)).timeout(PATIENCE);
    }

    private HttpRequest json(String path, JsonNode body) {
        return request(path)
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(JSON.writeValueAsString(body)))
                .build();
    }

    private JsonNode send(HttpRequest request) throws InterruptedException {
        try {
            return read(request, http.send(request, BodyHandlers.ofString()));
        } catch (IOException e) {
            throw unreachable(request, e);
        }
    }

    private CompletableFuture<JsonNode> attempt(HttpRequest request, int attempt) {
        return http.sendAsync(request, BodyHandlers.ofString())
                .exceptionally(cause -> {
                    throw unreachable(request, cause);
                })
                .thenCompose(answer -> {
                    boolean later = answer.statusCode() == 429 || answer.statusCode() == 503;
                    return later && attempt < MOST_ATTEMPTS
                            ? CompletableFuture.supplyAsync(() -> request, after(answer))
                                    .thenCompose(again -> attempt(again, attempt + 1))
                            : CompletableFuture.completedFuture(read(request, answer));
                });
    }

    private static Executor after(HttpResponse<String> answer) {
        long seconds = answer.headers().firstValueAsLong("retry-after").orElse(1);
        return CompletableFuture.delayedExecutor(seconds, TimeUnit.SECONDS);
    }

    private static JsonNode read(HttpRequest request, HttpResponse<String> answer) {
        boolean good = answer.statusCode() / 100 == 2;
        try {
            JsonNode body = JSON.readTree(answer.body());
            if (good) {
                return body;
            }
            String message = body.path("error").path("message").asString("");
            throw failure(request, answer, message.isEmpty() ? excerpt(answer.body()) : message);
        } catch (JacksonException e) {
            throw failure(request, answer, (good ? "not JSON: " : "") + excerpt(answer.body()));
        }
    }

    private static DemoFailure failure(HttpRequest request, HttpResponse<String> answer, String message) {
        return new DemoFailure(named(request) + " was answered with " + answer.statusCode() + ": " + message);
    }

    private static DemoFailure unreachable(HttpRequest request, Throwable cause) {
        Throwable reason = cause.getCause() == null ? cause : cause.getCause();
        String detail = reason.getMessage() == null ? "nobody listens there" : reason.getMessage();
        return new DemoFailure(named(request) + " got no answer: " + detail);
    }

    private static String named(HttpRequest request) {
        return request.method() + " " + request.uri();
    }

    private static String excerpt(String body) {
        return body.length() <= LONGEST_EXCERPT ? body : body.substring(0, LONGEST_EXCERPT) + "...";
    }
}
