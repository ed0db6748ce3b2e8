package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.rehearse.training.Method;
import dev.rehearse.training.ReinforcementSettings;
import dev.rehearse.web.ApiException;
import dev.rehearse.web.JsonFields;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JobMethodReaderTest {
    private static final String CHECK =
            "{'type':'string_check','name':'c','input':'a','reference':'b','operation':'eq'}";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'dqn':{'gamma':0.5,'epsilon':{'start':0.2}}",
                "'gamma':0.5,'epsilon':{'start':0.2}",
                "'dqn':{'gamma':0.5},'epsilon':{'start':0.2}"
            })
    void theAliasIsStoredInTheCanonicalForm(String settings) {
        String beside = "'grader':" + CHECK + ",'algorithm':'ilql','hyperparameters':{'n_epochs':2},'x_note':1,";
        JobMethod alias = method("{'type':'dqn','reinforcement':null,'dqn':{" + beside + settings + "}}");
        JobMethod canonical = method(
                "{'type':'reinforcement','reinforcement':{" + beside + "'dqn':{'gamma':0.5,'epsilon':{'start':0.2}}}}");
        assertThat(alias).isEqualTo(canonical);
        assertThat(alias.body()).containsEntry("type", "reinforcement").containsOnlyKeys("type", "reinforcement");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            'gamma':2                              | invalid_value     | method.reinforcement.dqn.gamma
            'gamma':'high'                         | invalid_type      | method.reinforcement.dqn.gamma
            'loss':1                               | invalid_type      | method.reinforcement.dqn.loss
            'algorithm':7                          | invalid_type      | method.reinforcement.algorithm
            'hyperparameters':{'reasoning_effort':'extreme'} | invalid_value | method.reinforcement.hyperparameters.reasoning_effort
            'gama':1                               | unknown_parameter | method.reinforcement.dqn.gama
            'gamma':1,'dqn':{'gamma':1}            | invalid_value     | method.dqn.gamma
            'dqn':3                                | invalid_type      | method.dqn.dqn
            'response_format':'text'               | invalid_type      | method.reinforcement.response_format
            'response_format':{'type':'json_schema','json_schema':{}} | unsupported_value | method.reinforcement.response_format.type
            'response_format':{'type':'text','a':1} | unknown_parameter | method.reinforcement.response_format.a
            """)
    void whatTheAliasCannotHoldIsNamed(String settings, String code, String param) {
        ApiException refused = catchThrowableOfType(
                ApiException.class,
                () -> JobRequestReader.read(
                        body("'model':'m','training_file':'f','method':{'type':'dqn','dqn':{'grader':" + CHECK + ","
                                + settings + "}}")));
        assertThat(refused).as(settings).isNotNull();
        assertThat(refused.code()).isEqualTo(code);
        assertThat(refused.param()).isEqualTo(param);
    }

    @Test
    void plainTextIsTheOneFormOfReplies() {
        JobMethod method = method(
                "{'type':'reinforcement','reinforcement':{'response_format':{'type':'text'},'grader':" + CHECK + "}}");
        assertThat(method.settings()).containsEntry("response_format", Map.of("type", "text"));
        assertThat(settings(method)).isEqualTo(settings(reinforcement("")));
    }

    /** Every optional field may be given as null, or as "auto" where it is a setting: both mean the default. */
    @ParameterizedTest
    @ValueSource(strings = {"null", "'auto'"})
    void nullAndAutoMeanTheDefault(String absent) {
        StringBuilder fields = new StringBuilder("'hyperparameters':{");
        for (String name : List.of(
                "batch_size",
                "learning_rate_multiplier",
                "n_epochs",
                "compute_multiplier",
                "eval_interval",
                "eval_samples",
                "reasoning_effort")) {
            fields.append("'" + name + "':" + absent + ",");
        }
        fields.append("'x_a':null},'algorithm':" + absent + ",'trainable':" + absent + ",'dqn':{");
        for (String name : List.of(
                "gamma",
                "alpha",
                "lambda",
                "n_step",
                "td_mix",
                "double",
                "dueling",
                "loss",
                "replay_capacity",
                "replay_bytes",
                "learning_starts",
                "replay_ratio",
                "demonstration_share",
                "max_times_sampled",
                "prioritized",
                "target",
                "epsilon",
                "temperature",
                "top_k",
                "max_completion_tokens",
                "learning_rate",
                "value_learning_rate",
                "warmup_steps",
                "max_grad_norm",
                "share_trunk",
                "weight_average",
                "bc_weight",
                "kl_weight",
                "expectile",
                "cql_weight",
                "decode_beta",
                "support_mask",
                "max_steps",
                "patience")) {
            fields.append("'" + name + "':" + absent + ",");
        }
        fields.append("'x_b':null},'replay_file':null,'response_format':null,");
        assertThat(settings(reinforcement(fields.toString()))).isEqualTo(settings(reinforcement("")));
        JobMethod supervised = method("{'type':'supervised','dpo':null,'supervised':{'patience':" + absent
                + ",'tokenizer':{'kind':" + absent + ",'vocabulary_size':" + absent + "},'learning_rate':" + absent
                + ",'dropout':" + absent + ",'max_steps':" + absent + ",'hyperparameters':null}}");
        assertThat(supervised.resolve(Method.Experience.PLAYED))
                .isEqualTo(method("null").resolve(Method.Experience.PLAYED));
    }

    @Test
    void theComputeMultiplierIsRepliesPerPrompt() {
        assertThat(settings(reinforcement("'hyperparameters':{'compute_multiplier':2.5},"))
                        .repliesPerPrompt())
                .isEqualTo(3);
    }

    private static ReinforcementSettings settings(JobMethod method) {
        return ((Method.Reinforcement) method.resolve(Method.Experience.PLAYED)).settings();
    }

    private static JobMethod reinforcement(String fields) {
        return method("{'type':'reinforcement','reinforcement':{" + fields + "'grader':" + CHECK + "}}");
    }

    private static JobMethod method(String json) {
        return JobMethodReader.read(body("'method':" + json));
    }

    private static JsonFields body(String fields) {
        return JsonFields.parse(("{" + fields + "}").replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }
}
