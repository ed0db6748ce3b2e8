package dev.rehearse.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.models.finetuning.alpha.graders.GraderRunParams;
import com.openai.models.finetuning.alpha.graders.GraderRunResponse;
import com.openai.models.finetuning.alpha.graders.GraderValidateParams;
import com.openai.models.finetuning.jobs.FineTuningJob;
import com.openai.models.finetuning.jobs.JobCreateParams;
import com.openai.models.finetuning.methods.ReinforcementHyperparameters;
import com.openai.models.finetuning.methods.ReinforcementMethod;
import com.openai.models.graders.gradermodels.ScoreModelGrader;
import com.openai.models.graders.gradermodels.StringCheckGrader;
import com.openai.models.graders.gradermodels.TextSimilarityGrader;
import com.openai.models.models.Model;
import dev.rehearse.Api;
import dev.rehearse.outbound.Receiver;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Graders that ask others: a served model, and a server beside the service. */
@Timeout(120)
class GradersTest {
    private static final AtomicBoolean BROKEN = new AtomicBoolean();

    @TempDir
    static Path data;

    private static Receiver rewards;
    private static RunningService service;
    private static Client client;
    private static String judge;

    @BeforeAll
    static void trainAJudge() {
        rewards = new Receiver((request, exchange) -> Receiver.answer(
                exchange,
                BROKEN.get() ? 503 : 200,
                BROKEN.get() ? "out of order" : halves(rewards.bodies.get(request - 1))));
        service = RunningService.start(
                data, "--rehearse.graders.http.allowed=" + rewards.authority(), "--rehearse.graders.http.backoff=1ms");
        client = service.client;
        String train = client.upload("train.jsonl", EchoTask.dialogues(48, 1));
        judge = client.awaitModel(client.create(Jobs.supervised(train, 10, 16)).id());
    }

    /** A reward of a half for each reply. */
    private static String halves(String request) {
        int replies = request.split("\"sample\":", -1).length - 1;
        return "{\"rewards\":" + Collections.nCopies(replies, 0.5) + "}";
    }

    @AfterAll
    static void stop() {
        service.close();
        rewards.close();
    }

    private static GraderRunResponse run(GraderRunParams.Builder params) {
        return client.openAi.fineTuning().alpha().graders().run(params.build()).validate();
    }

    private static StringCheckGrader check() {
        return StringCheckGrader.builder()
                .name("exact")
                .input("{{sample.output_text}}")
                .reference("{{item.word}}")
                .operation(StringCheckGrader.Operation.EQ)
                .build();
    }

    private static Map<String, Object> http(int batch) {
        return Map.of("type", "http", "name", "outside", "url", rewards.url().toString(), "batch", batch);
    }

    private static JobCreateParams.Builder reinforcement(Map<String, Object> grader) {
        return reinforcement(judge, grader, 3);
    }

    private static JobCreateParams.Builder reinforcement(String model, Map<String, Object> grader, int steps) {
        String questions = client.upload("questions.jsonl", EchoTask.questions(32, 3));
        ReinforcementMethod method = ReinforcementMethod.builder()
                .grader(JsonValue.from(grader))
                .hyperparameters(ReinforcementHyperparameters.builder()
                        .batchSize(8)
                        .evalInterval(3)
                        .evalSamples(8)
                        .build())
                .putAdditionalProperty(
                        "dqn",
                        JsonValue.from(Map.of("max_steps", steps, "learning_starts", 16, "max_completion_tokens", 4)))
                .build();
        return JobCreateParams.builder()
                .model(model)
                .trainingFile(questions)
                .seed(5)
                .method(JobCreateParams.Method.builder()
                        .type(JobCreateParams.Method.Type.REINFORCEMENT)
                        .reinforcement(method)
                        .build());
    }

    @Test
    void theClientRunsItsGraders() {
        GraderRunResponse exact = run(GraderRunParams.builder()
                .grader(check())
                .modelSample("tea")
                .item(JsonValue.from(Map.of("word", "tea"))));
        assertThat(exact.reward()).isEqualTo(1);
        assertThat(exact.metadata().errors().otherError()).isFalse();
        GraderRunResponse close = run(GraderRunParams.builder()
                .grader(TextSimilarityGrader.builder()
                        .name("close")
                        .input("{{sample.output_text}}")
                        .reference("{{item.word}}")
                        .evaluationMetric(TextSimilarityGrader.EvaluationMetric.ROUGE_1)
                        .build())
                .modelSample("green tea")
                .item(JsonValue.from(Map.of("word", "tea"))));
        assertThat(close.reward()).isEqualTo(2.0 / 3);
    }

    @Test
    void theClientValidatesItsGraders() {
        assertThat(client.openAi
                        .fineTuning()
                        .alpha()
                        .graders()
                        .validate(GraderValidateParams.builder().grader(check()).build())
                        .validate()
                        .grader()
                        .orElseThrow()
                        .asStringCheck())
                .isEqualTo(check());
        StringCheckGrader odd = check().toBuilder().input("{{ nothing }}").build();
        assertThatThrownBy(() -> client.openAi
                        .fineTuning()
                        .alpha()
                        .graders()
                        .validate(GraderValidateParams.builder().grader(odd).build()))
                .isInstanceOfSatisfying(
                        BadRequestException.class, e -> assertThat(e.param()).hasValue("grader.input"));
    }

    @Test
    void aServedModelGradesAndSaysWhatItCost() {
        GraderRunResponse grade = run(GraderRunParams.builder()
                .grader(ScoreModelGrader.builder()
                        .name("judge")
                        .model(judge)
                        .addInput(ScoreModelGrader.Input.builder()
                                .role(ScoreModelGrader.Input.Role.USER)
                                .content("{{sample.output_text}}")
                                .build())
                        .samplingParams(ScoreModelGrader.SamplingParams.builder()
                                .maxCompletionsTokens(4)
                                .build())
                        .build())
                .modelSample("k a t"));
        // the model only ever learned to say words, which are no numbers
        assertThat(grade.reward()).isZero();
        assertThat(grade.metadata().errors().modelGraderParseError()).isTrue();
        assertThat(grade.metadata().sampledModelName()).hasValue(judge);
        assertThat(grade.metadata().tokenUsage().orElseThrow()).isPositive();
        assertThat(grade.modelGraderTokenUsagePerModel()._additionalProperties())
                .containsOnlyKeys(judge);
    }

    @Test
    void theLabelIsTheModelsReply() {
        String said = client.greedyReply(judge);
        for (List<String> passing : List.of(List.of(said), List.of("other"))) {
            GraderRunResponse grade = run(GraderRunParams.builder()
                    .grader(JsonValue.from(Map.of(
                                    "type",
                                    "label_model",
                                    "name",
                                    "label",
                                    "model",
                                    judge,
                                    "input",
                                    List.of(Map.of("role", "user", "content", "k a t")),
                                    "labels",
                                    List.of(said, "other"),
                                    "passing_labels",
                                    passing,
                                    "sampling_params",
                                    Map.of("max_completions_tokens", 8)))
                            .convert(GraderRunParams.Grader.class))
                    .modelSample("anything"));
            assertThat(grade.metadata().errors().modelGraderParseError()).isFalse();
            assertThat(grade.reward()).isEqualTo(passing.contains(said) ? 1 : 0);
        }
    }

    @Test
    void aJobLearnsFromAServersRewardsAndTellsWhatItsGraderDid() {
        BROKEN.set(false);
        String id = client.create(reinforcement(http(4))).id();
        client.awaitModel(id);
        assertThat(rewards.bodies)
                .anySatisfy(body -> assertThat(body)
                        .startsWith("{\"items\":[{\"sample\":{\"output_text\":")
                        .contains("\"item\":{\"answer\":\"say ")
                        .contains("\"total_steps\":3"));
        List<Map<String, Object>> metrics = client.events(id).stream()
                .filter(event -> event._data().asObject().isPresent())
                .map(event -> Client.object(event._data()))
                .toList();
        assertThat(metrics).anySatisfy(event -> {
            assertThat(number(event, "scores", "train_reward_mean")).isEqualTo(0.5);
            assertThat(number(event, "errors", "train_error_count")).isZero();
            assertThat(number(event, "timing", "train_execution_latency_mean")).isPositive();
            assertThat(grader(event, "usage")).containsEntry("name", "outside").containsEntry("type", "http");
        });
        assertThat(metrics)
                .anySatisfy(event ->
                        assertThat(number(event, "scores", "valid_reward_mean")).isEqualTo(0.5));
        assertThat(new Api(service.port()).get("/actuator/prometheus").text())
                .contains("rehearse_grader_seconds_count{type=\"http\"}");
    }

    @Test
    void aServerThatIsOutOfOrderFailsTheJobWithItsAnswer() {
        BROKEN.set(true);
        FineTuningJob failed =
                client.awaitEnd(client.create(reinforcement(http(4))).id());
        BROKEN.set(false);
        FineTuningJob.Error error = failed.error().orElseThrow();
        assertThat(error.code()).isEqualTo("grader_error");
        assertThat(error.param()).hasValue("method.reinforcement.grader");
        assertThat(error.message()).contains("could not be graded").contains("answered 503: out of order, 3 times");
        assertThat(new Api(service.port()).get("/actuator/prometheus").text())
                .contains("rehearse_grader_errors_total{error=\"other_error\",type=\"http\"}");
    }

    @Test
    void aModelThatSaysNoNumbersFailsTheJob() {
        Map<String, Object> grader = Map.of(
                "type",
                "score_model",
                "name",
                "judge",
                "model",
                judge,
                "input",
                List.of(Map.of("role", "user", "content", "k a t")),
                "sampling_params",
                Map.of("max_completions_tokens", 2));
        FineTuningJob failed =
                client.awaitEnd(client.create(reinforcement(grader)).id());
        assertThat(failed.error().orElseThrow().message())
                .contains("model_grader_parse_error")
                .contains("expected a number");
    }

    @Test
    void aModelThatGradesIsNotDeleted() {
        String said = client.greedyReply(judge);
        Map<String, Object> grader = Map.of(
                "type", "label_model",
                "name", "label",
                "model", judge,
                "input", List.of(Map.of("role", "user", "content", "k a t")),
                "labels", List.of(said),
                "passing_labels", List.of(said),
                "sampling_params", Map.of("max_completions_tokens", 8));
        String checkpoint = client.openAi.models().list().autoPager().stream()
                .map(Model::id)
                .filter(id -> id.startsWith(judge + ":ckpt-step-"))
                .findFirst()
                .orElseThrow();
        String id = client.create(reinforcement(checkpoint, grader, 1_000_000)).id();
        client.awaitSteps(id);
        assertThatThrownBy(() -> client.openAi.models().delete(judge))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("graded by it");
        client.cancel(id);
    }

    private static double number(Map<String, Object> event, String group, String name) {
        return ((Number) grader(event, group).getOrDefault(name, -1)).doubleValue();
    }

    @SuppressWarnings("unchecked") // the shape that the test is about
    private static Map<String, Object> grader(Map<String, Object> event, String group) {
        Map<String, Object> found = (Map<String, Object>) event.getOrDefault(group, Map.of("graders", List.of()));
        List<Map<String, Object>> graders = (List<Map<String, Object>>) found.get("graders");
        return graders.isEmpty() ? Map.of() : graders.get(0);
    }
}
