package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.Api;
import dev.rehearse.ServiceTest;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.JsonNode;

@ServiceTest
class JobRequestsApiTest {
    private static final String JOBS = "/v1/fine_tuning/jobs";

    @LocalServerPort
    int port;

    @Autowired
    JdbcClient database;

    @Autowired
    TransactionTemplate transaction;

    private Api api;
    private String file;

    @BeforeEach
    void upload() {
        api = new Api(port);
        file = api.trainingFile();
    }

    @AfterEach
    void waitForAll() {
        api.await(JOBS + "?limit=1000", jobs -> {
            for (JsonNode job : jobs.path("data")) {
                if (job.path("finished_at").isNull()) {
                    return false;
                }
            }
            return true;
        });
    }

    @Test
    void aRetryFindsTheJobItMade() {
        Map<String, Object> fields = Map.of("training_file", file, "suffix", "once");
        String first = api.createJob(fields, "X-Stainless-Retry-Count", "0").id();
        assertThat(api.createJob(fields, "X-Stainless-Retry-Count", "1").id()).isEqualTo(first);
        assertThat(api.createJob(fields, "X-Stainless-Retry-Count", "1", "Authorization", "Bearer other")
                        .id())
                .isNotEqualTo(first);
        assertThat(api.createJob(fields).id()).isNotEqualTo(first);
        String keyed = api.createJob(fields, "Idempotency-Key", "k-" + first).id();
        assertThat(api.createJob(fields, "Idempotency-Key", "k-" + first).id()).isEqualTo(keyed);
        Api.Answer other = api.createJob(Map.of("training_file", file), "Idempotency-Key", "k-" + first);
        assertThat(other.status()).isEqualTo(400);
        assertThat(other.error().path("param").asString("")).isEqualTo("Idempotency-Key");
    }

    @Test
    void listsAreFilteredByMetadata() {
        String red = api.createJob(Map.of("training_file", file, "metadata", Map.of("colour", "red", "n", "1")))
                .id();
        String plain = api.createJob(file, 12).id();
        api.awaitStatus(plain, "succeeded");
        assertThat(ids("?metadata[colour]=red&metadata[n]=1".replace("[", "%5B").replace("]", "%5D")))
                .contains(red)
                .doesNotContain(plain);
        assertThat(ids("?metadata%5Bcolour%5D=blue")).isEmpty();
        assertThat(ids("?metadata=null")).contains(plain).doesNotContain(red);
    }

    @Test
    void whatNoDatabaseKeepsIsLookedUpInNone() {
        for (String query : List.of("after=%00", "metadata%5Ba%5D=%00", "metadata%5B%00%5D=a")) {
            Api.Answer answer = api.get(JOBS + "?" + query);
            assertThat(answer.status()).as(answer.text()).isEqualTo(400);
            assertThat(answer.error().path("message").asString("")).contains("U+0000");
        }
    }

    @Test
    void bracketsThatAreNotEncodedFilterToo() throws IOException {
        String red = api.createJob(Map.of("training_file", file, "metadata", Map.of("shade of", "red")))
                .id();
        try (Socket socket = new Socket("localhost", port)) {
            String request = "GET " + JOBS
                    + "?metadata[shade%20of]=red HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 200")
                    .contains(red);
        }
    }

    /** What another process inserts is not there to be found before it commits; then it is in the way. */
    @Test
    void theSameKeyAtTheSameMomentElsewhereMakesOneJob() throws Exception {
        Map<String, Object> fields = Map.of("training_file", file, "suffix", "twice");
        String first = api.createJob(fields).id();
        String copied = first + "-2";
        String key = RequestKey.of(new byte[0], null, "same", null).idempotencyKey();
        CompletableFuture<Api.Answer> second = new CompletableFuture<>();
        transaction.executeWithoutResult(status -> {
            database.sql("""
                            insert into jobs (id, state, request, model, training_file, request_hash, idempotency_key,
                                              created_at, finished_at)
                            select :copied, 'CANCELLED', request, model, training_file, request_hash, :key, created_at,
                                   created_at from jobs where id = :first
                            """)
                    .param("copied", copied)
                    .param("key", key)
                    .param("first", first)
                    .update();
            second.completeAsync(() -> api.createJob(fields, "Idempotency-Key", "same"));
            api.await(
                    "/livez",
                    ignored -> database.sql("""
                                    select count(*) from information_schema.sessions
                                    where executing_statement like 'insert into jobs %' and session_id <> session_id()
                                    """).query(Integer.class).single().equals(1));
        });
        assertThat(second.get().id()).isEqualTo(copied);
    }

    @Test
    void theAliasComesBackInTheCanonicalForm() {
        String tuned = api.awaitStatus(api.createJob(file, 23).id(), "succeeded")
                .path("fine_tuned_model")
                .asString("");
        Map<String, Object> check = Map.of("type", "string_check", "input", "a", "reference", "b", "operation", "eq");
        Map<String, Object> method = Map.of("type", "dqn", "dqn", Map.of("grader", check, "gamma", 0.5));
        String prompts = api.upload("p.jsonl", "{\"prompt\":\"a\"}\n").id();
        Api.Answer created = api.createJob(Map.of("training_file", prompts, "model", tuned, "method", method));
        assertThat(created.status()).as(created.text()).isEqualTo(200);
        JsonNode stored = api.job(created.id()).path("method");
        assertThat(stored.path("type").asString("")).isEqualTo("reinforcement");
        assertThat(stored.has("dqn")).isFalse();
        assertThat(stored.path("reinforcement").path("dqn").path("gamma").asDouble())
                .isEqualTo(0.5);
    }

    @Test
    void pagesJoinWithoutGapOrRepeat() {
        for (int i = 0; i < 3; i++) {
            api.awaitStatus(api.createJob(file, 13).id(), "succeeded");
        }
        List<String> all = ids("?limit=1000");
        List<String> paged = new ArrayList<>();
        String after = "";
        boolean more = true;
        while (more) {
            JsonNode page = api.get(JOBS + "?limit=2" + after).body();
            page.path("data").forEach(job -> paged.add(job.path("id").asString("")));
            more = page.path("has_more").asBoolean(false);
            after = "&after=" + paged.get(paged.size() - 1);
        }
        assertThat(paged).isEqualTo(all);
        assertThat(api.get(JOBS + "?after=ftjob-nobody").status()).isEqualTo(400);
        assertThat(api.get(JOBS + "?limit=0").error().path("param").asString(""))
                .isEqualTo("limit");
        assertThat(api.get(JOBS + "?limit=many").error().path("code").asString(""))
                .isEqualTo("invalid_type");
    }

    @Test
    void unknownThingsAreRefusedByName() {
        Api.Answer model = api.createJob(Map.of("training_file", file, "model", "nobody"));
        assertThat(model.status()).isEqualTo(404);
        assertThat(model.error().path("code").asString("")).isEqualTo("model_not_found");
        assertThat(model.error().path("param").asString("")).isEqualTo("model");
        refused(Map.of("training_file", "file-nobody"), "invalid_value", "training_file");
        refused(Map.of("training_file", file, "validation_file", "file-nobody"), "invalid_value", "validation_file");
        String other = api.upload("x.jsonl", "{}".getBytes(), Map.of("purpose", "evals"))
                .id();
        refused(Map.of("training_file", other), "invalid_value", "training_file");
        refused(Map.of("training_file", file, "n_epoch", 3), "unknown_parameter", "n_epoch");
        refused(Map.of("training_file", file, "method", Map.of("type", "dpo")), "unsupported_value", "method.type");
        Map<String, Object> check = Map.of("type", "string_check", "input", "a", "reference", "b", "operation", "eq");
        Map<String, Object> method = Map.of("type", "reinforcement", "reinforcement", Map.of("grader", check));
        refused(Map.of("training_file", file, "method", method), "invalid_value", "model");
        for (String path : List.of("", "/events", "/checkpoints")) {
            assertThat(api.get(JOBS + "/ftjob-nobody" + path).status()).isEqualTo(404);
        }
        assertThat(api.post(JOBS + "/ftjob-nobody/cancel", "").status()).isEqualTo(404);
    }

    @Test
    void aReplayMemoryThatDoesNotFitIsRefusedWithBothSizes() {
        long tooMuch = 1L << 40;
        Map<String, Object> check = Map.of("type", "string_check", "input", "a", "reference", "b", "operation", "eq");
        Map<String, Object> settings = Map.of("grader", check, "dqn", Map.of("replay_bytes", tooMuch));
        Map<String, Object> method = Map.of("type", "reinforcement", "reinforcement", settings);
        Map<String, Object> fields = Map.of("training_file", file, "method", method);
        refused(fields, "invalid_value", "method.reinforcement.dqn.replay_bytes");
        assertThat(api.createJob(fields).error().path("message").asString(""))
                .contains(tooMuch + " bytes")
                .containsPattern("but [1-9][0-9]{6,} are free");
    }

    @Test
    void anUnusableReplayFileIsRefusedByName() {
        String tuned = api.awaitStatus(api.createJob(file, 21).id(), "succeeded")
                .path("fine_tuned_model")
                .asString("");
        String other = api.upload("x.jsonl", "{}".getBytes(), Map.of("purpose", "evals"))
                .id();
        String gone = api.upload("y.jsonl", "{}").id();
        assertThat(api.delete("/v1/files/" + gone).status()).isEqualTo(200);
        for (String replay : List.of("file-nobody", other, gone)) {
            Map<String, Object> body = offline(tuned, replay);
            body.put("validation_file", file);
            refused(body, "invalid_value", "method.reinforcement.replay_file");
        }
    }

    @Test
    void aBadRowOfTheReplayFileFailsTheJobWithItsLine() {
        String tuned = api.awaitStatus(api.createJob(file, 22).id(), "succeeded")
                .path("fine_tuned_model")
                .asString("");
        String bad = api.upload("log.jsonl", """
                {"sequence":[["q",false],["a",true]],"reward":[0,1],"done":true}
                {"sequence":[["q",false]],"reward":[0,1],"done":true}
                """).id();
        Map<String, Object> body = offline(tuned, bad);
        body.put(
                "validation_file", api.upload("v.jsonl", "{\"prompt\":\"a\"}\n").id());
        JsonNode failed = api.awaitStatus(api.createJob(body).id(), "failed");
        assertThat(failed.path("error").path("code").asString("")).isEqualTo("invalid_training_file");
        assertThat(failed.path("error").path("param").asString("")).isEqualTo("method.reinforcement.replay_file");
        assertThat(failed.path("error").path("message").asString(""))
                .startsWith("line 2: ")
                .contains("two lists of equal length");
    }

    /** Judged by a grader, and without a training file that is not the replay file. */
    private static Map<String, Object> offline(String model, String replay) {
        Map<String, Object> check = Map.of("type", "string_check", "input", "a", "reference", "b", "operation", "eq");
        Map<String, Object> settings = Map.of("grader", check, "replay_file", replay);
        Map<String, Object> method = Map.of("type", "reinforcement", "reinforcement", settings);
        Map<String, Object> body = new HashMap<>();
        body.put("training_file", replay);
        body.put("model", model);
        body.put("method", method);
        return body;
    }

    @Test
    void theAlgorithmsDescribeTheirSettings() {
        JsonNode algorithms = api.get("/v1/fine_tuning/algorithms").body();
        assertThat(algorithms.path("has_more").asBoolean(true)).isFalse();
        assertThat(algorithms.path("data"))
                .extracting(each -> each.path("id").asString(""))
                .containsExactly("soft_dqn", "dqn", "ilql", "mc");
        assertThat(algorithms
                        .at("/data/0/schema/properties/dqn/properties/gamma/default")
                        .asDouble())
                .isEqualTo(1);
    }

    @Test
    void explicitNullsAreAbsent() {
        Map<String, Object> body = new HashMap<>(Map.of("training_file", file));
        for (String name : List.of(
                "validation_file",
                "suffix",
                "seed",
                "method",
                "metadata",
                "integrations",
                "hyperparameters",
                "x_trace")) {
            body.put(name, null);
        }
        assertThat(api.createJob(body).status()).isEqualTo(200);
    }

    private void refused(Map<String, ?> fields, String code, String param) {
        Api.Answer answer = api.createJob(fields);
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.error().path("code").asString("")).isEqualTo(code);
        assertThat(answer.error().path("param").asString("")).isEqualTo(param);
    }

    private List<String> ids(String query) {
        List<String> ids = new ArrayList<>();
        api.get(JOBS + query)
                .body()
                .path("data")
                .forEach(job -> ids.add(job.path("id").asString("")));
        return ids;
    }
}
