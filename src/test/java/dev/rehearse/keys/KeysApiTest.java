package dev.rehearse.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.PermissionDeniedException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import dev.rehearse.Api;
import dev.rehearse.ServiceTest;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.http.server.PathContainer;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.context.TestPropertySource;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;
import tools.jackson.databind.JsonNode;

@ServiceTest
@TestPropertySource(properties = "rehearse.keys.admin=" + KeysApiTest.ADMIN)
@ExtendWith(OutputCaptureExtension.class)
class KeysApiTest {
    static final String ADMIN = "the-administrators-own-key";
    private static final String KEYS = "/v1/api_keys";
    private static final String JOBS = "/v1/fine_tuning/jobs";
    private static final String CHAT = """
            {"model":"nobody","messages":[{"role":"user","content":"x"}],"stream":true}""";

    @LocalServerPort
    int port;

    @Autowired
    JdbcClient database;

    @Autowired
    ServerProperties server;

    @Autowired
    @Qualifier("requestMappingHandlerMapping")
    RequestMappingHandlerMapping endpoints;

    private Api admin;

    @BeforeEach
    void open() {
        admin = Api.withKey(port, ADMIN);
    }

    @Test
    void onlyThisMachineIsListenedToByDefault() {
        assertThat(server.getAddress().isLoopbackAddress()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/v1/models", "/v1/files", KEYS, "/v1/nonsense", "/nonsense", "/error", "/actuator/prometheus"})
    void withoutAKeyNothingIsAnswered(String path) {
        Api.Answer none = new Api(port).get(path);
        is(none, 401, "invalid_request_error", "invalid_api_key");
        assertThat(none.error().path("message").asString("")).contains("didn't provide");
        assertThat(none.headers().firstValue("www-authenticate")).contains("Bearer");
        assertThat(none.headers().firstValue("x-request-id")).isPresent();
        for (String wrong : List.of("Bearer wrong", "Bearer", "Bearer " + ADMIN + "x", "Basic " + ADMIN, ADMIN)) {
            Api.Answer answer = new Api(port).get(path, "Authorization", wrong);
            is(answer, 401, "invalid_request_error", "invalid_api_key");
            assertThat(answer.text()).doesNotContain("wrong", ADMIN);
        }
    }

    @Test
    void aStreamWithoutAKeyIsRefusedLikeAnyRequest() {
        is(new Api(port).post("/v1/chat/completions", CHAT), 401, "invalid_request_error", "invalid_api_key");
        is(with("read").post("/v1/chat/completions", CHAT), 403, "permission_error", "insufficient_permissions");
        is(with("generate").post("/v1/chat/completions", CHAT), 404, "invalid_request_error", "model_not_found");
    }

    @Test
    void probesAndTheDescriptionAreOpen() {
        Api anybody = new Api(port);
        for (String path : List.of(
                "/livez",
                "/readyz",
                "/actuator/health",
                "/actuator/health/liveness",
                "/v3/api-docs",
                "/swagger-ui/index.html")) {
            assertThat(anybody.get(path).status()).as(path).isEqualTo(200);
        }
        JsonNode description = anybody.get("/v3/api-docs").body();
        assertThat(description.at("/components/securitySchemes/api_key/scheme").asString(""))
                .isEqualTo("bearer");
        assertThat(description.at("/security/0").has("api_key")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/livez/../v1/files",
                "/livez;/../v1/files",
                "/swagger-ui/../v1/files",
                "//v1/files",
                "/v1//files"
            })
    void noDetourLeadsAroundTheGate(String path) {
        Api.Answer answer = new Api(port).get(path);
        assertThat(answer.status()).as(answer.text()).isIn(400, 401, 404);
        assertThat(answer.text()).doesNotContain("\"data\"");
    }

    @ParameterizedTest
    @CsvSource({
        "read,     GET,    /v1/files,                      200",
        "read,     GET,    /v1/models/gpt2-tiny,           200",
        "read,     GET,    /v1/fine_tuning/jobs,           200",
        "read,     GET,    /actuator/prometheus,           200",
        "read,     DELETE, /v1/files/file-nobody,          403",
        "read,     POST,   /v1/fine_tuning/jobs/x/cancel,  403",
        "read,     GET,    /v1/api_keys,                   403",
        "read,     POST,   /v1/nonsense,                   403",
        "read,     GET,    /v1/nonsense,                   404",
        "read,     GET,    /nonsense,                      403",
        "train,    DELETE, /v1/files/file-nobody,          404",
        "train,    DELETE, /v1/models/nobody,              404",
        "train,    POST,   /v1/fine_tuning/jobs/x/cancel,  404",
        "train,    GET,    /v1/files,                      403",
        "train,    POST,   /v1/completions,                403",
        "generate, POST,   /v1/completions,                400",
        "generate, DELETE, /v1/files/file-nobody,          403",
        "admin,    POST,   /v1/nonsense,                   404",
        "admin,    GET,    /nonsense,                      404",
        "admin,    GET,    /v1/api_keys,                   200",
        "admin,    DELETE, /v1/files/file-nobody,          404",
        "admin,    PUT,    /v1/files,                      405"
    })
    void aKeyDoesWhatItsScopesSay(String scope, String method, String path, int status) {
        Api.Answer answer =
                with(scope).send(with(scope).request(path).method(method, HttpRequest.BodyPublishers.noBody()));
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        if (status == 403) {
            is(answer, 403, "permission_error", "insufficient_permissions");
        }
    }

    /** A new endpoint must be put into {@link Access}; until then only administrators reach it. */
    @Test
    void everyEndpointStandsInTheTable() {
        endpoints.getHandlerMethods().keySet().forEach(mapping -> {
            for (RequestMethod method : mapping.getMethodsCondition().getMethods()) {
                for (String pattern : mapping.getPatternValues()) {
                    String path = pattern.replaceAll("\\{[^}]*}", "x");
                    Scope needed = Access.needed(method.name(), PathContainer.parsePath(path));
                    boolean forAdministrators = path.startsWith(KEYS) || path.startsWith("/v1/webhook_endpoints");
                    assertThat(needed == Scope.ADMIN).as(method + " " + path).isEqualTo(forAdministrators);
                }
            }
        });
    }

    @Test
    void theKeyIsShownOnceAndItsHashIsWhatIsKept() {
        Api.Answer made = admin.post(KEYS, """
                {"name":"ci","scopes":["train","read"],"requests_per_minute":null,"x_note":1}""");
        assertThat(made.status()).as(made.text()).isEqualTo(200);
        String value = made.body().path("value").asString("");
        assertThat(value).matches("sk-[0-9A-Za-z]{24}");
        assertThat(made.body().path("scopes").toString()).isEqualTo("[\"read\",\"train\"]");
        JsonNode seen = admin.get(KEYS + "/" + made.id()).body();
        assertThat(seen.has("value")).isFalse();
        assertThat(seen.path("redacted_value").asString("")).isEqualTo(value.substring(0, 9) + "…");
        assertThat(admin.get(KEYS).body().path("data").path(0)).isEqualTo(seen);
        assertThat(dump()).contains(KeyHash.of(value).hex()).doesNotContain(value);
        assertThat(Api.withKey(port, value).get("/v1/files").status()).isEqualTo(200);
        Api.Answer deleted = admin.send(admin.request(KEYS + "/" + made.id()).DELETE());
        assertThat(deleted.text()).isEqualTo("{\"id\":\"" + made.id() + "\",\"object\":\"api_key\",\"deleted\":true}");
        is(Api.withKey(port, value).get("/v1/files"), 401, "invalid_request_error", "invalid_api_key");
    }

    @Test
    void theExamplesOfTheDescriptionRun() {
        JsonNode examples = admin.get("/v3/api-docs")
                .body()
                .path("paths")
                .path(KEYS)
                .at("/post/requestBody/content")
                .path("application/json")
                .path("examples");
        assertThat(examples).hasSize(2);
        for (JsonNode example : examples) {
            Api.Answer made = admin.post(KEYS, example.path("value").toString());
            assertThat(made.status()).as(made.text()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                                                     | missing_required_parameter | name",
                "{'name':'x'}                                           | missing_required_parameter | scopes",
                "{'name':'','scopes':['read']}                          | invalid_value              | name",
                "{'name':'x','scopes':[]}                               | invalid_value              | scopes",
                "{'name':'x','scopes':'read'}                           | invalid_type               | scopes",
                "{'name':'x','scopes':[7]}                              | invalid_type               | scopes",
                "{'name':'x','scopes':['write']}                        | invalid_value              | scopes",
                "{'name':'x','scopes':['read'],'requests_per_minute':0} | invalid_value              | requests_per_minute",
                "{'name':'x','scopes':['read'],'concurrent_requests':1.5} | invalid_type             | concurrent_requests",
                "{'name':'x','scopes':['read'],'scope':'read'}          | unknown_parameter          | scope"
            })
    void aKeyThatCannotBeMadeIsRefusedByName(String body, String code, String param) {
        Api.Answer answer = admin.post(KEYS, body.replace('\'', '"'));
        is(answer, 400, "invalid_request_error", code);
        assertThat(answer.error().path("param").asString("")).isEqualTo(param);
    }

    @Test
    void tooManyRequestsPerMinuteAreToldWhenToComeAgain() {
        Api api = Api.withKey(port, key("\"read\"", "\"requests_per_minute\":2"));
        Api.Answer first = api.get("/v1/files");
        assertThat(first.headers().firstValue("x-ratelimit-limit-requests")).contains("2");
        assertThat(first.headers().firstValue("x-ratelimit-remaining-requests")).contains("1");
        assertThat(first.headers().firstValue("x-ratelimit-reset-requests")).contains("30s");
        api.get("/v1/files");
        Api.Answer refused = api.get("/v1/files");
        is(refused, 429, "rate_limit_error", "rate_limit_exceeded");
        assertThat(refused.headers().firstValue("x-ratelimit-remaining-requests"))
                .contains("0");
        assertThat(Integer.parseInt(refused.headers().firstValue("retry-after").orElseThrow()))
                .isBetween(25, 30);
    }

    @Test
    void requestsAtOnceAreBounded() throws Exception {
        String key = key("\"read\",\"train\"", "\"concurrent_requests\":1");
        Api api = Api.withKey(port, key);
        Socket upload = new Socket("localhost", port);
        upload.getOutputStream()
                .write(
                        ("POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
                                        + "Content-Length: 9\r\nAuthorization: Bearer " + key + "\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
        Api.Answer second = api.get("/v1/files");
        for (int i = 0; i < 20_000 && second.status() == 200; i++) { // until the upload has arrived
            second = api.get("/v1/files");
        }
        is(second, 429, "rate_limit_error", "rate_limit_exceeded");
        upload.close();
        api.await("/v1/files", answer -> answer.has("data"));
    }

    @Test
    void openAisClientKnowsTheRefusalsForWhatTheyAre() {
        refused("wrong", UnauthorizedException.class);
        refused(key("\"generate\"", "\"requests_per_minute\":null"), PermissionDeniedException.class);
        String slow = key("\"read\"", "\"requests_per_minute\":1");
        assertThat(Api.withKey(port, slow).get("/v1/models").status()).isEqualTo(200);
        refused(slow, RateLimitException.class);
    }

    @Test
    void noKeyIsEverWrittenDown(CapturedOutput output) {
        String trainer = key("\"read\",\"train\"", "\"requests_per_minute\":null");
        Api api = Api.withKey(port, trainer);
        String file = api.trainingFile();
        Api.Answer job = api.createJob(Map.of("training_file", file), "Idempotency-Key", "once");
        assertThat(job.status()).as(job.text()).isEqualTo(200);
        api.awaitStatus(job.id(), "succeeded");
        assertThat(api.createJob(Map.of("training_file", file), "Idempotency-Key", "once")
                        .id())
                .isEqualTo(job.id());
        api.get("/v1/files/" + file + "?key=" + trainer);
        api.post(JOBS, "{\"model\":");
        api.post("/v1/chat/completions", CHAT);
        new Api(port).get("/v1/files", "Authorization", "Bearer " + trainer + "x");
        assertThat(dump() + output)
                .contains(job.id(), KeyHash.of(trainer).hex())
                .doesNotContain(trainer, ADMIN);
    }

    private void refused(String key, Class<? extends Throwable> expected) {
        OpenAIClient client = OpenAIOkHttpClient.builder()
                .baseUrl("http://localhost:" + port + "/v1")
                .apiKey(key)
                .maxRetries(0)
                .build();
        try {
            assertThatThrownBy(() -> client.models().list()).isInstanceOf(expected);
        } finally {
            client.close();
        }
    }

    /** Everything that the database holds, as SQL. */
    private String dump() {
        return String.join("\n", database.sql("script").query(String.class).list());
    }

    private Api with(String scope) {
        return Api.withKey(port, key('"' + scope + '"', "\"requests_per_minute\":null"));
    }

    private String key(String scopes, String limit) {
        return admin.post(KEYS, "{\"name\":\"x\",\"scopes\":[" + scopes + "]," + limit + "}")
                .body()
                .path("value")
                .asString("");
    }

    private static void is(Api.Answer answer, int status, String type, String code) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.error().path("type").asString("")).isEqualTo(type);
        assertThat(answer.error().path("code").asString("")).isEqualTo(code);
        assertThat(answer.headers().firstValue("content-type").orElse("")).startsWith("application/json");
    }
}
