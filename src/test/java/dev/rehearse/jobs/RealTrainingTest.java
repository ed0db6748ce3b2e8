package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.Api;
import dev.rehearse.NoModels;
import dev.rehearse.RehearseApplication;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

class RealTrainingTest {
    private static final Map<String, Object> SUPERVISED =
            Map.of("tokenizer", Map.of("kind", "word"), "hyperparameters", Map.of("n_epochs", 2, "batch_size", 8));
    private static final Map<String, Object> GRADER = Map.of(
            "type", "string_check",
            "input", "{{ sample.output_text }}",
            "reference", "{{ item.want }}",
            "operation", "eq");
    private static final Map<String, Object> REINFORCEMENT =
            Map.of("grader", GRADER, "dqn", Map.of("max_steps", 3, "max_completion_tokens", 4, "learning_starts", 8));

    private static final String LOG = """
            {"messages":[{"role":"user","content":"a b"}],"completion":"B A","reward":1}
            {"sequence":[["a b",false],["B",true],["a",false],["A",true]],"reward":[0,0.5,0,1],"done":false}
            """;

    @TempDir
    Path data;

    @Test
    void aModelIsTaughtAndThenReinforcedOverHttp() {
        try (ConfigurableApplicationContext service = new SpringApplicationBuilder(
                        RehearseApplication.class, NoModels.class)
                .run("--server.port=0", "--rehearse.data-dir=" + data)) {
            Api api = new Api(((ServletWebServerApplicationContext) service)
                    .getWebServer()
                    .getPort());
            String file = api.upload(
                            "rows.jsonl", "{\"prompt\":\"a b\",\"completion\":\"B A\",\"want\":\"B A\"}\n".repeat(32))
                    .id();
            JsonNode taught = finished(api, file, "gpt2-tiny", "supervised", SUPERVISED);
            String model = taught.path("fine_tuned_model").asString("");
            JsonNode reinforced = finished(api, file, model, "reinforcement", REINFORCEMENT);
            assertThat(reinforced.path("progress").path("step").asInt()).isEqualTo(3);
            String log = api.upload("log.jsonl", LOG).id();
            JsonNode offline = finished(
                    api, log, model, "reinforcement", Map.of("replay_file", log, "dqn", Map.of("max_steps", 2)));
            assertThat(offline.path("progress").path("step").asInt()).isEqualTo(2);
            assertThat(offline.path("method")
                            .path("reinforcement")
                            .path("replay_file")
                            .asString(""))
                    .isEqualTo(log);
            assertThat(api.get("/v1/models").text())
                    .contains(model, reinforced.path("fine_tuned_model").asString(""));
        }
    }

    private static JsonNode finished(Api api, String file, String model, String method, Map<String, Object> settings) {
        Api.Answer created = api.createJob(Map.of(
                "training_file", file, "model", model, "seed", 1, "method", Map.of("type", method, method, settings)));
        assertThat(created.status()).as(created.text()).isEqualTo(200);
        JsonNode ended = api.await(
                "/v1/fine_tuning/jobs/" + created.id(),
                job -> job.path("finished_at").isIntegralNumber());
        assertThat(ended.path("status").asString("")).as(ended.toString()).isEqualTo("succeeded");
        return ended;
    }
}
