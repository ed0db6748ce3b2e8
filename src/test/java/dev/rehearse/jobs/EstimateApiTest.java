package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.Api;
import dev.rehearse.ServiceTest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@ServiceTest
class EstimateApiTest {
    private static final String JOBS = "/v1/fine_tuning/jobs";
    private static final String ROW =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"h i\"},{\"role\":\"assistant\",\"content\":\"HH AY\"}]}\n";
    private static final Map<String, Object> CHECK =
            Map.of("type", "string_check", "input", "a", "reference", "b", "operation", "eq");

    @LocalServerPort
    int port;

    private Api api;

    @BeforeEach
    void connect() {
        api = new Api(port);
    }

    @Test
    void rowsTokensAndStepsAreThoseOfTheJob() {
        String file = api.upload("rows.jsonl", ROW.repeat(40)).id();
        int before = jobs();
        JsonNode estimate = estimate(supervised(file, Map.of("n_epochs", 10, "batch_size", 8)));
        assertThat(estimate.path("valid").asBoolean(false))
                .as(estimate.toString())
                .isTrue();
        assertThat(estimate.path("error_count").asInt(-1)).isZero();
        assertThat(estimate.path("held_out_rows").asInt()).isEqualTo(2);
        assertThat(estimate.path("steps").asInt()).isEqualTo(10 * 5); // 38 rows in batches of 8
        JsonNode rows = estimate.path("files").get(0);
        assertThat(rows.path("id").asString("")).isEqualTo(file);
        assertThat(rows.path("rows").asInt()).isEqualTo(40);
        assertThat(rows.path("learned_tokens").asInt()).isEqualTo(40 * 3); // two words and the end
        assertThat(rows.path("tokens").asInt())
                .isEqualTo(40 * rows.path("longest_row_tokens").asInt());
        assertThat(rows.path("counted").asString("")).isEqualTo("every row");
        assertThat(estimate.path("tokenizer").path("source").asString("")).isEqualTo("trained on the training file");
        assertThat(estimate.path("seconds").asDouble()).isPositive();
        assertThat(jobs()).isEqualTo(before);
    }

    @Test
    void theTimeIsThatOfAJobLikeItWhereThereWasOne() {
        String file = api.upload("rows.jsonl", ROW.repeat(40)).id();
        Map<String, Object> body = supervised(file, Map.of("batch_size", 4)); // which the scripted training says
        body.put("seed", 400);
        String id = api.createJob(body).id();
        api.awaitStatus(id, "succeeded");
        JsonNode estimate = estimate(body);
        assertThat(estimate.path("seconds_basis").asString("")).contains(id);
        body = supervised(file, Map.of("batch_size", 7));
        assertThat(estimate(body).path("seconds_basis").asString("")).contains("floating-point operations");
    }

    @Test
    void everyFaultIsToldAtOnce() {
        String file = api.upload(
                        "bad.jsonl",
                        ROW + "{\"prompt\":\"a\"\n" + ROW + "[1]\n" + "{\"prompt\":\"" + "a ".repeat(600)
                                + "\",\"completion\":\"b\"}\n")
                .id();
        Map<String, Object> body = supervised(file, Map.of("n_epochs", 0, "epochs", 1));
        body.put("validation_file", "file-nobody");
        body.put("seed", -1);
        body.put("suffix", "a/b");
        body.put("sede", 1);
        JsonNode estimate = estimate(body);
        assertThat(estimate.path("valid").asBoolean(true)).isFalse();
        List<String> params = new ArrayList<>();
        List<Integer> lines = new ArrayList<>();
        for (JsonNode error : estimate.path("errors")) {
            params.add(error.path("param").asString(""));
            if (error.path("line").isInt()) {
                lines.add(error.path("line").asInt());
                assertThat(error.path("code").asString("")).isEqualTo("invalid_training_file");
                assertThat(error.path("message").asString(""))
                        .startsWith("line " + error.path("line").asInt() + ": ");
            }
        }
        assertThat(params)
                .contains("seed", "suffix", "sede", "validation_file")
                .contains("method.supervised.hyperparameters.n_epochs", "method.supervised.hyperparameters.epochs");
        assertThat(lines).containsExactly(2, 4, 5);
        assertThat(estimate.path("error_count").asInt()).isEqualTo(9);
        assertThat(estimate.path("files").get(0).path("rows").asInt()).isEqualTo(3);
    }

    @Test
    void manyFaultsAreCountedAndTheFirstHundredTold() {
        String file = api.upload("bad.jsonl", "nonsense\n".repeat(150)).id();
        JsonNode estimate = estimate(supervised(file, Map.of()));
        assertThat(estimate.path("error_count").asInt()).isEqualTo(150);
        assertThat(estimate.path("errors")).hasSize(100);
        assertThat(estimate.path("steps").isNull()).isTrue();
    }

    @Test
    void faultsBehindTheAliasAreFoundToo() {
        String file = api.upload("prompts.jsonl", "{\"prompt\":\"a\"}\n").id();
        Map<String, Object> settings = new HashMap<>(Map.of("grader", CHECK, "gamma", 7, "gama", 1));
        settings.put("hyperparameters", Map.of("batch_size", 1000));
        JsonNode estimate = estimate(
                Map.of("model", "gpt2-tiny", "training_file", file, "method", Map.of("type", "dqn", "dqn", settings)));
        List<String> params = new ArrayList<>();
        estimate.path("errors").forEach(error -> params.add(error.path("param").asString("")));
        assertThat(params)
                .containsExactlyInAnyOrder(
                        "method.reinforcement.dqn.gamma",
                        "method.reinforcement.dqn.gama",
                        "method.reinforcement.hyperparameters.batch_size",
                        "model"); // a blueprint has nothing to reinforce
    }

    @Test
    void aModelThatCannotBeOpenedIsNamed() {
        String tuned = api.awaitStatus(api.createJob(api.trainingFile(), 401).id(), "succeeded")
                .path("fine_tuned_model")
                .asString("");
        Map<String, Object> body = supervised(api.trainingFile(), Map.of());
        body.put("model", tuned); // of the scripted training: a configuration without most of its keys
        JsonNode errors = estimate(body).path("errors");
        assertThat(errors).hasSize(1);
        assertThat(errors.get(0).path("param").asString("")).isEqualTo("model");
    }

    @Test
    void whatCannotBeReadFurtherSaysSoFar() {
        JsonNode estimate = estimate(Map.of("model", "gpt2-tiny", "seed", -1));
        assertThat(estimate.path("error_count").asInt()).isEqualTo(1);
        assertThat(estimate.path("errors").get(0).path("code").asString("")).isEqualTo("missing_required_parameter");
        assertThat(estimate.path("files").isArray()).isTrue();
        assertThat(estimate.path("files")).isEmpty();
        assertThat(api.post(JOBS + "/estimate", "{").status()).isEqualTo(400);
    }

    private int jobs() {
        return api.get(JOBS + "?limit=1000").body().path("data").size();
    }

    private static Map<String, Object> supervised(String file, Map<String, Object> hyperparameters) {
        Map<String, Object> settings = Map.of("tokenizer", Map.of("kind", "word"), "hyperparameters", hyperparameters);
        Map<String, Object> body = new HashMap<>();
        body.put("model", "gpt2-tiny");
        body.put("training_file", file);
        body.put("method", Map.of("type", "supervised", "supervised", settings));
        return body;
    }

    private JsonNode estimate(Map<String, ?> body) {
        Api.Answer answer = api.post(JOBS + "/estimate", new JsonMapper().writeValueAsString(body));
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.body();
    }
}
