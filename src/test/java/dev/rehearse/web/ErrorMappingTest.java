package dev.rehearse.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.Api;
import dev.rehearse.ServiceTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.web.server.LocalServerPort;

@ServiceTest
class ErrorMappingTest {
    private static final String JOBS = "/v1/fine_tuning/jobs";

    @LocalServerPort
    int port;

    private Api api;

    @BeforeEach
    void open() {
        api = new Api(port);
    }

    @Test
    void anUnknownRouteIsNotFoundWhateverTheVerb() {
        for (Api.Answer answer : List.of(
                api.get("/v1/nonsense"),
                api.post("/v1/nonsense", "{}"),
                api.delete("/v1/files/x/y"),
                api.get("/error"))) {
            is(answer, 404, "unknown_url", null);
        }
    }

    @Test
    void aWrongVerbIsNamedWithThoseAllowed() {
        Api.Answer answer = api.send(api.request("/v1/files").PUT(HttpRequest.BodyPublishers.noBody()));
        is(answer, 405, "method_not_supported", null);
        assertThat(answer.headers().firstValue("allow").orElse("")).contains("GET", "POST");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[1]", "{\"a\":1,\"a\":2}", "\"text\"", "null", "{} {}"})
    void whatIsNotOneJsonObjectIsRefused(String body) {
        Api.Answer answer = api.post(JOBS, body);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error().path("type").asString("")).isEqualTo("invalid_request_error");
    }

    @Test
    void noBodyIsSaidToBeMissing() {
        assertThat(api.post(JOBS, "").error().path("message").asString(""))
                .isEqualTo("We could not parse the JSON body of your request: it is empty");
    }

    @Test
    void aBodyThatWouldFillTheMemoryIsRefused() {
        String body = "{\"model\":\"" + "x".repeat(9 << 20) + "\"}";
        is(api.post(JOBS, body), 413, null, null);
        HttpRequest.Builder chunked = api.request(JOBS)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofInputStream(
                        () -> new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8))));
        is(api.send(chunked), 413, null, null);
    }

    @Test
    void aWrongTypeIsNamedByItsPath() {
        Api.Answer answer = api.post(JOBS, "{\"model\":7}");
        is(answer, 400, "invalid_type", "model");
        assertThat(answer.error().path("message").asString(""))
                .isEqualTo("Invalid type for 'model': expected a string, but got a number instead.");
    }

    @Test
    void aWrongContentTypeIsRefused() {
        HttpRequest.Builder form = api.request(JOBS)
                .header("content-type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("model=x"));
        is(api.send(form), 415, "unsupported_media_type", null);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/html", "application/binary", "image/png", "text/event-stream", "nonsense"})
    void noAcceptHeaderMakesAnAnswerImpossible(String accept) {
        assertThat(api.get(JOBS, "Accept", accept).status()).isEqualTo(200);
        is(api.get("/v1/files/file-nobody", "Accept", accept), 404, null, "id");
    }

    @Test
    void everyAnswerHasItsOwnRequestId() {
        String first = api.get(JOBS, "x-request-id", "mine")
                .headers()
                .firstValue("x-request-id")
                .orElseThrow();
        String second =
                api.get("/v1/nonsense").headers().firstValue("x-request-id").orElseThrow();
        assertThat(first).matches("req_[0-9A-Za-z]{24}").isNotEqualTo(second);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /v1/files?{ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                "GET /v1/%00 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                "GET /v1/files HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n",
                "GET /v1/files?purpose=%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                "GET /v1/files?%zz=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            })
    void whatTheContainerRefusesComesInTheEnvelopeToo(String request) throws IOException {
        try (Socket socket = new Socket("localhost", port)) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer)
                    .startsWith("HTTP/1.1 400")
                    .contains("application/json", "x-request-id: req_", "{\"error\":{\"message\":", "\"code\":null");
        }
    }

    /** Nothing here takes a form: one is not waited for, and not read into memory. */
    @Test
    void aFormIsAnsweredBeforeItHasCome() throws IOException {
        try (Socket socket = new Socket("localhost", port)) {
            socket.setSoTimeout(10_000);
            String request = "DELETE /v1/files/file-x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                    + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000000000\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            byte[] answer = socket.getInputStream().readNBytes(12);
            assertThat(new String(answer, StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 404");
        }
    }

    @Test
    void aPageOfAnotherSiteIsRefused() {
        is(api.get(JOBS, "Sec-Fetch-Site", "cross-site"), 403, "foreign_page", null);
        assertThat(api.get(JOBS, "Sec-Fetch-Site", "same-origin").status()).isEqualTo(200);
    }

    @Test
    void anEncodedSlashBelongsToTheIdItStandsIn() {
        is(api.get("/v1/models/ft:base%2Fx:org::id"), 404, "model_not_found", "model");
        is(api.delete("/v1/files/..%2F..%2Frehearse"), 404, null, "id");
        is(api.get("/v1/files/..%2f..%2frehearse/content"), 404, null, "id");
        is(api.get(JOBS + "/ftjob-a%2Fevents"), 404, null, "fine_tuning_job_id");
        is(api.post(JOBS + "/a%2fb/cancel", ""), 404, null, "fine_tuning_job_id");
        is(api.get("/v1/%2e%2e%2f"), 404, "unknown_url", null);
    }

    @Test
    void theServiceDescribesAndWatchesItself() {
        for (String path : List.of("/livez", "/readyz", "/actuator/health", "/actuator/health/readiness")) {
            assertThat(api.get(path).body().path("status").asString(""))
                    .as(path)
                    .isEqualTo("UP");
        }
        assertThat(api.get("/actuator/prometheus").text()).contains("jvm_memory_used_bytes");
        assertThat(api.get("/v3/api-docs").text()).contains("/v1/fine_tuning/jobs", "Rehearse", "reinforcement");
        assertThat(api.get("/swagger-ui.html").status()).isIn(200, 302);
        assertThat(api.get("/swagger-ui/index.html").status()).isEqualTo(200);
    }

    private static void is(Api.Answer answer, int status, String code, String param) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.error().path("code").asString(null)).isEqualTo(code);
        assertThat(answer.error().path("param").asString(null)).isEqualTo(param);
        assertThat(answer.headers().firstValue("content-type").orElse("")).startsWith("application/json");
    }
}
