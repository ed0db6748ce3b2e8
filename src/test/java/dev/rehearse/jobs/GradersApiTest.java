package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.rehearse.Api;
import dev.rehearse.ServiceTest;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@ServiceTest
class GradersApiTest {
    private static final String GRADERS = "/v1/fine_tuning/alpha/graders/";
    private static final String CHECK = "{'type':'string_check','name':'c','input':'{{sample.output_text}}',"
            + "'reference':'{{ item.word }}','operation':'eq'}";

    @LocalServerPort
    int port;

    private Api api;

    @BeforeEach
    void connect() {
        api = new Api(port);
    }

    private JsonNode run(String grader, String sample, String item) {
        Api.Answer answer = api.post(
                GRADERS + "run",
                ("{'grader':" + grader + ",'model_sample':'" + sample + "','item':" + item + "}").replace('\'', '"'));
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.body();
    }

    @Test
    void aGradeHasEveryFieldOfTheWire() {
        JsonNode grade = run(CHECK, "hi", "{'word':'hi'}");
        double seconds = grade.at("/metadata/execution_time").doubleValue();
        assertThat(seconds).isBetween(0.0, 5.0);
        assertThat(grade.toString().replace(Double.toString(seconds), "T"))
                .isEqualTo("{\"reward\":1.0,\"metadata\":{\"name\":\"c\",\"type\":\"string_check\",\"errors\":{"
                        + "\"formula_parse_error\":false,\"sample_parse_error\":false,"
                        + "\"truncated_observation_error\":false,\"unresponsive_reward_error\":false,"
                        + "\"invalid_variable_error\":false,\"other_error\":false,"
                        + "\"python_grader_server_error\":false,\"python_grader_runtime_error\":false,"
                        + "\"model_grader_server_error\":false,\"model_grader_refusal_error\":false,"
                        + "\"model_grader_parse_error\":false,\"python_grader_server_error_type\":null,"
                        + "\"python_grader_runtime_error_details\":null,\"model_grader_server_error_details\":null,"
                        + "\"details\":[]},\"execution_time\":T,\"scores\":{\"c\":1.0},\"token_usage\":null,"
                        + "\"sampled_model_name\":null},\"sub_rewards\":{},"
                        + "\"model_grader_token_usage_per_model\":{}}");
    }

    @Test
    void anErrorIsARewardOfZeroWithItsReason() {
        JsonNode grade = run(CHECK, "hi", "{'other':'hi','none':null}");
        assertThat(grade.path("reward").doubleValue()).isZero();
        assertThat(grade.at("/metadata/errors/invalid_variable_error").booleanValue())
                .isTrue();
        assertThat(grade.at("/metadata/errors/details/0").stringValue()).contains("item.word");
    }

    @Test
    void theItemIsTakenAsItIs() {
        String grader = CHECK.replace("{{ item.word }}", "{{ item.x_null }} {{ item.list[1] }}");
        assertThat(run(grader, "null 2.50", "{'x_null':null,'list':[1,2.50]}")
                        .path("reward")
                        .doubleValue())
                .isZero();
        assertThat(run(grader, "null 2.5", "{'x_null':null,'list':[1,2.50]}")
                        .path("reward")
                        .doubleValue())
                .isEqualTo(1);
    }

    @Test
    void aMultiTellsItsParts() {
        JsonNode grade = run(
                "{'type':'multi','graders':{'a':" + CHECK + ",'b':" + CHECK.replace("eq", "ne") + "},"
                        + "'calculate_output':'2 * a + b'}",
                "hi",
                "{'word':'hi'}");
        assertThat(grade.path("reward").doubleValue()).isEqualTo(2);
        assertThat(grade.path("sub_rewards").toString()).isEqualTo("{\"a\":1.0,\"b\":0.0}");
        assertThat(grade.at("/metadata/scores")).isEqualTo(grade.path("sub_rewards"));
    }

    @Test
    void cosineComparesMeanings() {
        String grader = "{'type':'text_similarity','name':'m','input':'{{sample.output_text}}',"
                + "'reference':'{{item.word}}','evaluation_metric':'cosine'}";
        double same = run(grader, "a dog barks", "{'word':'a dog barks'}")
                .path("reward")
                .doubleValue();
        double close = run(grader, "a dog barks", "{'word':'a puppy is yapping'}")
                .path("reward")
                .doubleValue();
        double far = run(grader, "a dog barks", "{'word':'interest rates rose'}")
                .path("reward")
                .doubleValue();
        assertThat(same).isCloseTo(1, within(1e-5));
        assertThat(close).isBetween(far + 0.2, same - 0.05);
    }

    @Test
    void aGraderThatIsValidComesBackAsItIsStored() {
        Api.Answer answer = api.post(
                GRADERS + "validate",
                ("{'grader':{'type':'multi','graders':[" + CHECK + "],'calculate_output':'c'}}").replace('\'', '"'));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text())
                .isEqualTo(
                        ("{'grader':{'type':'multi','name':'','graders':{'c':" + CHECK + "},'calculate_output':'c'}}")
                                .replace('\'', '"'));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {}                                            | missing_required_parameter | grader
                    {'grader':3}                                  | invalid_type               | grader
                    {'grader':{'type':'python','source':'x'}}     | unsupported_value          | grader.type
                    {'grader':{'type':'http','url':'http://localhost/'}} | unsupported_value   | grader.url
                    {'grader':{'type':'score_model','model':'none','input':[{'role':'user','content':'x'}]}} | model_not_found | grader.model
                    {'grader':{'type':'label_model','model':'gpt2-tiny','input':[{'role':'user','content':'x'}],'labels':['a'],'passing_labels':['a']}} | model_not_found | grader.model
                    {'grader':{'type':'multi','graders':{'h':{'type':'http','url':'http://169.254.169.254/'}},'calculate_output':'h'}} | unsupported_value | grader.graders.h.url
                    """)
    void whatCannotBeDoneHereIsRefusedByItsPath(String body, String code, String param) {
        for (String path : List.of("run", "validate")) {
            Api.Answer answer = api.post(GRADERS + path, body.replace('\'', '"'));
            assertThat(answer.status()).as(answer.text()).isEqualTo(400);
            assertThat(answer.error().path("code").asString("")).isEqualTo(code);
            assertThat(answer.error().path("param").asString("")).isEqualTo(param);
        }
    }

    @Test
    void aRunNeedsAReply() {
        Api.Answer none = api.post(GRADERS + "run", ("{'grader':" + CHECK + "}").replace('\'', '"'));
        assertThat(none.error().path("param").asString("")).isEqualTo("model_sample");
        Api.Answer odd = api.post(
                GRADERS + "run", ("{'grader':" + CHECK + ",'model_sample':'x','items':{}}").replace('\'', '"'));
        assertThat(odd.error().path("code").asString("")).isEqualTo("unknown_parameter");
    }

    @Test
    void aJobWhoseGraderCannotBeAskedIsNotTakenIn() {
        Map<String, Object> grader = Map.of("type", "http", "url", "http://rewards.example.org/");
        Map<String, Object> method = Map.of("type", "reinforcement", "reinforcement", Map.of("grader", grader));
        Api.Answer answer = api.createJob(Map.of("training_file", api.trainingFile(), "method", method));
        assertThat(answer.status()).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "validate"})
    void theExamplesOfTheDescriptionRun(String path) {
        JsonNode examples = api.get("/v3/api-docs")
                .body()
                .path("paths")
                .path(GRADERS + path)
                .at("/post/requestBody/content")
                .path("application/json")
                .path("examples");
        assertThat(examples.isEmpty()).isFalse();
        for (JsonNode example : examples) {
            JsonNode value = example.path("value");
            String body = value.isString() ? value.stringValue() : new JsonMapper().writeValueAsString(value);
            Api.Answer answer = api.post(GRADERS + path, body);
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            if (path.equals("run")) {
                assertThat(answer.body().path("reward").doubleValue()).isPositive();
            }
        }
    }
}
