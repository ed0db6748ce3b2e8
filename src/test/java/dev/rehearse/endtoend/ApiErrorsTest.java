package dev.rehearse.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.RateLimitException;
import com.openai.models.finetuning.jobs.JobCreateParams;
import dev.rehearse.Api;
import dev.rehearse.ScriptedTraining;
import dev.rehearse.ServiceTest;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** What bad input gets, where no test of a single feature looks. */
@ServiceTest
class ApiErrorsTest {
    private static final String JOBS = "/v1/fine_tuning/jobs";

    @LocalServerPort
    int port;

    @Autowired
    ScriptedTraining training;

    private Api api;
    private String file;

    @BeforeEach
    void upload() {
        api = new Api(port);
        file = api.trainingFile();
    }

    @Test
    void anUnknownModelInAPathIsNotFound() {
        for (Api.Answer answer : List.of(api.get("/v1/models/nobody"), api.delete("/v1/models/nobody"))) {
            is(answer, 404, "model_not_found", "model");
            assertThat(answer.error().path("message").asString("")).contains("nobody");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions, '\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]'",
        "/v1/completions, '\"prompt\":\"x\"'"
    })
    void anUnknownModelInABodyIsNotFound(String path, String fields) {
        Api.Answer answer = api.post(path, "{\"model\":\"nobody\"," + fields + "}");
        is(answer, 404, "model_not_found", "model");
        assertThat(answer.error().path("message").asString("")).contains("nobody");
    }

    @ParameterizedTest
    @ValueSource(strings = {"training_file", "validation_file"})
    void aFileThatCannotBeLearnedFromIsNamed(String param) {
        String evals = api.upload("x.jsonl", "{}".getBytes(StandardCharsets.UTF_8), Map.of("purpose", "evals"))
                .id();
        String deleted = api.trainingFile();
        assertThat(api.delete("/v1/files/" + deleted).status()).isEqualTo(200);
        for (String id : List.of("file-nobody", deleted, evals, "../" + file, "")) {
            Map<String, String> fields =
                    param.equals("training_file") ? Map.of(param, id) : Map.of("training_file", file, param, id);
            Api.Answer answer = api.createJob(fields);
            is(answer, 400, "invalid_value", param);
            assertThat(answer.error().path("message").asString("")).contains(id);
        }
    }

    @Test
    void aJobThatFailedCannotBeCancelled() {
        training.on(201, (spec, control) -> {
            throw new IllegalArgumentException("no");
        });
        String id = api.createJob(file, 201).id();
        api.awaitStatus(id, "failed");
        Api.Answer answer = api.post(JOBS + "/" + id + "/cancel", "");
        is(answer, 400, "invalid_job_state", null);
        assertThat(answer.error().path("message").asString("")).contains(id, "failed");
        assertThat(api.job(id).path("status").asString("")).isEqualTo("failed");
    }

    /** Nothing announces how long it is. */
    @Test
    void aFileOverTheLimitInPiecesIsRefusedToo() {
        String head = "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nfine-tune\r\n"
                + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.jsonl\"\r\n\r\n";
        byte[] body = (head + "x".repeat(1_100_000) + "\r\n--b--\r\n").getBytes(StandardCharsets.US_ASCII);
        Api.Answer answer = api.send(api.request("/v1/files")
                .header("content-type", "multipart/form-data; boundary=b")
                .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body))));
        is(answer, 413, null, "file");
    }

    @Test
    void oneJobTooManyIsRefusedAtOnceWithoutTheClientsRetries() {
        ScriptedTraining.Held held = training.hold(202);
        List<String> jobs = new ArrayList<>();
        jobs.add(api.createJob(file, 202).id());
        held.awaitEntered();
        for (int seed = 203; seed < 206; seed++) {
            jobs.add(api.createJob(file, seed).id());
        }
        var client = OpenAIOkHttpClient.builder()
                .baseUrl("http://localhost:" + port + "/v1")
                .apiKey("any")
                .build();
        try {
            assertThatThrownBy(() -> client.fineTuning()
                            .jobs()
                            .create(JobCreateParams.builder()
                                    .model("gpt2-tiny")
                                    .trainingFile(file)
                                    .build()))
                    .isInstanceOfSatisfying(
                            RateLimitException.class,
                            e -> assertThat(e.headers().values("Retry-After")).hasSize(1));
        } finally {
            client.close();
            jobs.forEach(job -> api.post(JOBS + "/" + job + "/cancel", ""));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/fine_tuning/jobs", "/v1/chat/completions", "/v1/completions"})
    void brokenJsonComesBackInTheEnvelope(String path) {
        for (String body : List.of("{\"model\":", "{\"model\":\"\\ud800\"", "nonsense", "\u0000", "[".repeat(5_000))) {
            is(api.post(path, body), 400, null, null);
        }
    }

    private static void is(Api.Answer answer, int status, String code, String param) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.error().path("type").asString("")).isEqualTo("invalid_request_error");
        assertThat(answer.error().path("code").asString(null)).isEqualTo(code);
        assertThat(answer.error().path("param").asString(null)).isEqualTo(param);
    }
}
