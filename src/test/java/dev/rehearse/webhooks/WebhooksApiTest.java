package dev.rehearse.webhooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.Headers;
import com.openai.errors.BadRequestException;
import com.openai.errors.InvalidWebhookSignatureException;
import com.openai.models.webhooks.UnwrapWebhookEvent;
import com.openai.models.webhooks.WebhookCreateParams;
import com.openai.models.webhooks.WebhookEndpoint;
import com.openai.models.webhooks.WebhookEndpointWithSecret;
import com.openai.models.webhooks.WebhookListParams;
import com.openai.models.webhooks.WebhookRotateSecretParams;
import com.openai.models.webhooks.WebhookTestParams;
import com.openai.models.webhooks.WebhookUpdateParams;
import com.openai.models.webhooks.WebhookVerificationParams;
import com.sun.net.httpserver.HttpExchange;
import dev.rehearse.Api;
import dev.rehearse.ScriptedTraining;
import dev.rehearse.ServiceTest;
import dev.rehearse.outbound.Receiver;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;

/** With OpenAI's own client, types and verification, and a receiver on loopback. */
@ServiceTest
class WebhooksApiTest {
    private static final String PATH = "/v1/webhook_endpoints";
    private static final Receiver RECEIVER = new Receiver((request, exchange) -> {
        String path = exchange.getRequestURI().getPath();
        if (path.equals("/elsewhere")) {
            exchange.getResponseHeaders().set("Location", "/grade");
        }
        Receiver.answer(exchange, path.equals("/grade") ? 200 : path.equals("/elsewhere") ? 302 : 500, "a secret");
    });

    @LocalServerPort
    int port;

    @Autowired
    ScriptedTraining training;

    @Autowired
    JdbcClient database;

    private OpenAIClient client;
    private Api api;
    private int heard;

    @DynamicPropertySource
    static void allow(DynamicPropertyRegistry registry) {
        registry.add("rehearse.webhooks.allowed", RECEIVER::authority);
        registry.add("rehearse.webhooks.attempts", () -> "2");
        registry.add("rehearse.webhooks.backoff", () -> "0s");
    }

    /** A request that the receiver had. */
    private record Seen(Headers headers, String body) {}

    @BeforeEach
    void open() {
        client = OpenAIOkHttpClient.builder()
                .baseUrl("http://localhost:" + port + "/v1")
                .apiKey("any")
                .maxRetries(0)
                .build();
        api = new Api(port);
        heard = RECEIVER.bodies.size();
    }

    @AfterEach
    void removeAll() {
        client.webhooks()
                .list()
                .autoPager()
                .forEach(endpoint -> assertThat(client.webhooks()
                                .delete(endpoint.id())
                                .validate()
                                .deleted())
                        .isTrue());
        client.close();
    }

    @AfterAll
    static void stop() {
        RECEIVER.close();
    }

    @Test
    void everyEndOfAJobIsToldSigned() throws Exception {
        String secret = create("/grade").signingSecret();
        String file = api.trainingFile();
        training.on(501, (spec, control) -> {
            throw new IllegalArgumentException("no");
        });
        String succeeded = api.createJob(file, 500).id();
        assertThat(next(secret).asFineTuningJobSucceeded().validate().data().id())
                .isEqualTo(succeeded);
        String failed = api.createJob(file, 501).id();
        assertThat(next(secret).asFineTuningJobFailed().validate().data().id()).isEqualTo(failed);
        training.hold(502);
        String cancelled = api.createJob(file, 502).id();
        api.post("/v1/fine_tuning/jobs/" + cancelled + "/cancel", "");
        assertThat(next(secret).asFineTuningJobCancelled().validate().data().id())
                .isEqualTo(cancelled);
        assertThat(RECEIVER.bodies).hasSize(heard);
    }

    @Test
    void anEndpointIsWhatOpenAisTypesSay() {
        WebhookEndpointWithSecret made = create("/grade").validate();
        assertThat(made.signingSecret())
                .startsWith("whsec_")
                .endsWith(made.signingSecretHint().orElseThrow().substring(1));
        WebhookEndpoint seen = client.webhooks().retrieve(made.id()).validate();
        assertThat(seen.name()).isEqualTo("all ends");
        assertThat(seen.url()).isEqualTo(RECEIVER.url().toString());
        assertThat(seen.eventTypes()).isEqualTo(EventType.wireNames());
        assertThat(api.get(PATH + "/" + made.id()).text()).doesNotContain("whsec_", "signing_secret\"");
        WebhookEndpoint changed = client.webhooks()
                .update(
                        made.id(),
                        WebhookUpdateParams.builder()
                                .addEventType(WebhookUpdateParams.EventType.FINE_TUNING_JOB_FAILED)
                                .build())
                .validate();
        assertThat(changed.name()).isEqualTo("all ends");
        assertThat(changed.eventTypes()).containsExactly("fine_tuning.job.failed");
        assertThat(client.webhooks().retrieve(made.id())).isEqualTo(changed);
        assertThat(client.webhooks().eventTypes().list().validate().data()).isEqualTo(EventType.wireNames());
        String dump =
                String.join("\n", database.sql("script").query(String.class).list());
        assertThat(dump).contains(made.id()).doesNotContain(made.signingSecret().substring(6));
    }

    @Test
    void pagesJoin() {
        List<String> made = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            made.add(0, create("/grade").id());
        }
        assertThat(client.webhooks()
                        .list(WebhookListParams.builder().limit(2).build())
                        .autoPager())
                .extracting(WebhookEndpoint::id)
                .containsExactlyElementsOf(made);
        JsonNode page = api.get(PATH + "?limit=2").body();
        assertThat(page.path("first_id").asString("")).isEqualTo(made.get(0));
        assertThat(page.path("last_id").asString("")).isEqualTo(made.get(1));
        assertThat(page.path("has_more").asBoolean(false)).isTrue();
    }

    @Test
    void anEndpointIsTriedOutAtOnce() throws Exception {
        WebhookEndpointWithSecret made = create("/grade");
        var result = client.webhooks().test(test(made)).validate();
        assertThat(result.statusCode()).isEqualTo(200);
        assertThat(result.webhookEndpointId()).isEqualTo(made.id());
        assertThat(next(made.signingSecret()).asFineTuningJobFailed().data().id())
                .isEqualTo("ftjob-test");
        assertThat(api.get(PATH + "/" + made.id() + "/deliveries")
                        .body()
                        .path("data")
                        .isEmpty())
                .isTrue();
    }

    @Test
    void aTryThatDoesNotComeThroughSaysWhyAndNothingOfTheServersWords() {
        for (String path : List.of("/broken", "/elsewhere")) {
            WebhookEndpointWithSecret made = create(path);
            assertThatThrownBy(() -> client.webhooks().test(test(made)))
                    .isInstanceOf(BadRequestException.class)
                    .hasMessageContaining(path.equals("/broken") ? "answered 500" : "answered 302")
                    .hasMessageNotContaining("a secret");
        }
    }

    @Test
    void aRotatedSecretStopsOrStaysADay() throws Exception {
        WebhookEndpointWithSecret made = create("/grade");
        WebhookEndpointWithSecret second = client.webhooks()
                .rotateSecret(
                        made.id(),
                        WebhookRotateSecretParams.builder()
                                .keepOldSecretActiveFor24Hours(true)
                                .build())
                .validate();
        assertThat(second.signingSecret()).isNotEqualTo(made.signingSecret());
        client.webhooks().test(test(made));
        Seen both = take();
        verify(both, made.signingSecret());
        verify(both, second.signingSecret());
        WebhookEndpointWithSecret third = client.webhooks().rotateSecret(made.id());
        client.webhooks().test(test(made));
        Seen one = take();
        verify(one, third.signingSecret());
        for (String old : List.of(made.signingSecret(), second.signingSecret())) {
            assertThatThrownBy(() -> verify(one, old)).isInstanceOf(InvalidWebhookSignatureException.class);
        }
        assertThat(api.post(PATH + "/" + made.id() + "/rotate_secret", "").status())
                .isEqualTo(200);
    }

    @Test
    void deliveriesAreListedWithHowTheyCameOut() {
        String id = create("/broken").id();
        String good = create("/grade").id();
        String job = api.createJob(api.trainingFile(), 503).id();
        JsonNode failed = api.await(
                        PATH + "/" + id + "/deliveries",
                        body -> body.at("/data/0/status").asString("").equals("failed"))
                .at("/data/0");
        assertThat(failed.path("attempts").asInt()).isEqualTo(2);
        assertThat(failed.path("last_status_code").asInt()).isEqualTo(500);
        assertThat(failed.path("last_error").asString("")).isEqualTo("answered 500");
        assertThat(failed.path("fine_tuning_job_id").asString("")).isEqualTo(job);
        assertThat(failed.path("next_attempt_at").isNull()).isTrue();
        JsonNode delivered = api.await(
                        PATH + "/" + good + "/deliveries",
                        body -> body.at("/data/0/status").asString("").equals("delivered"))
                .at("/data/0");
        assertThat(delivered.path("event_id")).isEqualTo(failed.path("event_id"));
        assertThat(delivered.path("last_error").isNull()).isTrue();
    }

    @Test
    void aDeletedEndpointIsGone() {
        String id = create("/grade").id();
        Api.Answer deleted = api.delete(PATH + "/" + id);
        assertThat(deleted.text())
                .isEqualTo("{\"id\":\"" + id + "\",\"object\":\"webhook_endpoint.deleted\",\"deleted\":true}");
        for (Api.Answer answer : List.of(
                api.get(PATH + "/" + id),
                api.delete(PATH + "/" + id),
                api.get(PATH + "/" + id + "/deliveries"),
                api.post(PATH + "/" + id, "{}"),
                api.post(PATH + "/" + id + "/rotate_secret", "{}"),
                api.post(PATH + "/" + id + "/test", "{\"event_type\":\"fine_tuning.job.failed\"}"))) {
            assertThat(answer.status()).as(answer.text()).isEqualTo(404);
            assertThat(answer.error().path("param").asString("")).isEqualTo("webhook_endpoint_id");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'url':'URL','event_types':['TYPE']}                            | missing_required_parameter | name",
                "{'name':'x','url':null,'event_types':['TYPE']}                  | missing_required_parameter | url",
                "{'name':'x','url':'URL'}                                        | missing_required_parameter | event_types",
                "{'name':' ','url':'URL','event_types':['TYPE']}                 | invalid_value     | name",
                "{'name':'x','url':'http://a b/','event_types':['TYPE']}         | invalid_value     | url",
                "{'name':'x','url':'file:///etc/passwd','event_types':['TYPE']}  | invalid_value     | url",
                "{'name':'x','url':'http://u:p@127.0.0.1/','event_types':['TYPE']} | invalid_value   | url",
                "{'name':'x','url':'http://127.0.0.1:1/','event_types':['TYPE']} | unsupported_value | url",
                "{'name':'x','url':'http://169.254.169.254/','event_types':['TYPE']} | unsupported_value | url",
                "{'name':'x','url':'URL','event_types':[]}                       | invalid_value     | event_types",
                "{'name':'x','url':'URL','event_types':'TYPE'}                   | invalid_type      | event_types",
                "{'name':'x','url':'URL','event_types':['batch.completed']}      | invalid_value     | event_types",
                "{'name':'x','url':'URL','event_types':['TYPE'],'secret':'s'}    | unknown_parameter | secret"
            })
    void anEndpointThatCannotBeMadeIsRefusedByName(String body, String code, String param) {
        refused(api.post(PATH, filled(body)), code, param);
        if (!code.startsWith("missing")) {
            String id = create("/grade").id();
            refused(api.post(PATH + "/" + id, filled(body)), code, param);
        }
    }

    @Test
    void badQuestionsAboutAnEndpointAreRefusedByName() {
        String id = create("/grade").id();
        refused(api.post(PATH + "/" + id + "/test", "{}"), "missing_required_parameter", "event_type");
        refused(api.post(PATH + "/" + id + "/test", "{\"event_type\":\"x\"}"), "invalid_value", "event_type");
        refused(
                api.post(PATH + "/" + id + "/rotate_secret", "{\"keep_old_secret_active_for_24_hours\":\"yes\"}"),
                "invalid_type",
                "keep_old_secret_active_for_24_hours");
        refused(api.get(PATH + "/" + id + "/deliveries?limit=101"), "invalid_value", "limit");
        refused(api.get(PATH + "/" + id + "/deliveries?after=whd_1"), "invalid_value", "after");
        refused(api.get(PATH + "?after=we_1"), "invalid_value", "after");
    }

    private WebhookEndpointWithSecret create(String path) {
        return client.webhooks()
                .create(WebhookCreateParams.builder()
                        .name("all ends")
                        .url(RECEIVER.url().resolve(path).toString())
                        .addEventType(WebhookCreateParams.EventType.FINE_TUNING_JOB_SUCCEEDED)
                        .addEventType(WebhookCreateParams.EventType.FINE_TUNING_JOB_FAILED)
                        .addEventType(WebhookCreateParams.EventType.FINE_TUNING_JOB_CANCELLED)
                        .build());
    }

    private static WebhookTestParams test(WebhookEndpointWithSecret endpoint) {
        return WebhookTestParams.builder()
                .webhookEndpointId(endpoint.id())
                .eventType(WebhookTestParams.EventType.FINE_TUNING_JOB_FAILED)
                .build();
    }

    private Seen take() throws InterruptedException {
        HttpExchange exchange = RECEIVER.await(heard + 1);
        return new Seen(Headers.builder().putAll(exchange.getRequestHeaders()).build(), RECEIVER.bodies.get(heard++));
    }

    /** The next request that the receiver has, verified and read by OpenAI's client. */
    private UnwrapWebhookEvent next(String secret) throws InterruptedException {
        return client.webhooks().unwrap(params(take(), secret));
    }

    private void verify(Seen seen, String secret) {
        client.webhooks().verifySignature(params(seen, secret));
    }

    private static WebhookVerificationParams params(Seen seen, String secret) {
        return WebhookVerificationParams.builder()
                .payload(seen.body())
                .headers(seen.headers())
                .secret(secret)
                .build();
    }

    private static String filled(String body) {
        return body.replace('\'', '"')
                .replace("URL", RECEIVER.url().toString())
                .replace("TYPE", "fine_tuning.job.failed");
    }

    private static void refused(Api.Answer answer, String code, String param) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.error().path("code").asString("")).isEqualTo(code);
        assertThat(answer.error().path("param").asString("")).isEqualTo(param);
    }
}
