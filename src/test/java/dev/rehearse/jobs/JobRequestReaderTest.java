package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.rehearse.training.Method.Experience;
import dev.rehearse.web.ApiException;
import dev.rehearse.web.JsonFields;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JobRequestReaderTest {
    private static final String CHECK = "{'type':'string_check','name':'c','input':'{{sample.output_text}}',"
            + "'reference':'{{ item.word }}','operation':'eq'}";

    @Test
    void whatIsReadIsWrittenAndReadAgain() {
        JobRequest request = read("'suffix':'s','seed':3,'validation_file':'file-v','metadata':{'a':'b'},"
                + reinforcement(
                        CHECK + ",'hyperparameters':{'n_epochs':2,'reasoning_effort':'low','batch_size':null}"));
        assertThat(JobRequest.ofBody(StoredJson.read(StoredJson.write(request.body()))))
                .isEqualTo(request);
        assertThat(request.method().hyperparameters()).isEqualTo(Map.of("n_epochs", 2, "reasoning_effort", "low"));
        assertThat(request.seed()).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'c':%s}", "[%s]", "%s"})
    void theGradersOfAMultiAreStoredAsAMap(String graders) {
        JobRequest request = read(reinforcement(
                "{'type':'multi','graders':" + graders.formatted(CHECK) + ",'calculate_output':'c * 2'}"));
        Map<?, ?> grader = (Map<?, ?>) request.method().settings().get("grader");
        assertThat(((Map<?, ?>) grader.get("graders")).keySet()).isEqualTo(Set.of("c"));
        assertThat(grader.get("calculate_output")).isEqualTo("c * 2");
        assertThat(JobRequest.ofBody(request.body()).resolve()).isEqualTo(request.resolve());
    }

    @Test
    void theExamplesOfTheDescriptionAreRequests() {
        for (String example : List.of(Examples.SUPERVISED, Examples.REINFORCEMENT)) {
            JobRequest request = JobRequestReader.read(JsonFields.parse(example.getBytes(StandardCharsets.UTF_8)));
            assertThat(request.model()).contains("gpt2-tiny");
        }
    }

    @Test
    void theDeprecatedHyperparametersCountForTheMethod() {
        assertThat(read("'hyperparameters':{'n_epochs':2}").method().hyperparameters())
                .isEqualTo(Map.of("n_epochs", 2));
        assertThat(read("'seed':null").method().kind()).isEqualTo(JobMethod.Kind.SUPERVISED);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    'method':{'type':'supervised','supervised':{'n':1}} | unknown_parameter | method.supervised.n
                    'method':{'type':'supervised','supervised':{'hyperparameters':{'n_epochs':0}}} | invalid_value | method.supervised.hyperparameters.n_epochs
                    'sede':1                                          | unknown_parameter          | sede
                    'seed':-1                                         | invalid_value              | seed
                    'seed':2147483648                                 | invalid_value              | seed
                    'seed':1.5                                        | invalid_type               | seed
                    'suffix':''                                       | invalid_value              | suffix
                    'suffix':'a/b'                                    | invalid_value              | suffix
                    'suffix':7                                        | invalid_type               | suffix
                    'metadata':{'a':1}                                | invalid_type               | metadata.a
                    'metadata':[]                                     | invalid_type               | metadata
                    'integrations':[{'type':'wandb'}]                 | unsupported_value          | integrations
                    'method':{}                                       | missing_required_parameter | method.type
                    'method':{'type':'dqn'}                           | unsupported_value          | method.type
                    'method':{'type':'dpo','dpo':{}}                  | unsupported_value          | method.type
                    'method':{'type':'supervised','dpo':{}}           | invalid_value              | method.dpo
                    'method':{'type':'supervised','sft':{}}           | unknown_parameter          | method.sft
                    'method':{'type':'supervised','supervised':[]}    | invalid_type               | method.supervised
                    'method':{'type':'supervised','supervised':{'hyperparameters':3}} | invalid_type | method.supervised.hyperparameters
                    'hyperparameters':{},'method':{'type':'supervised','supervised':{'hyperparameters':{}}} | invalid_value | hyperparameters
                    'method':{'type':'reinforcement'}                 | missing_required_parameter | method.reinforcement
                    'method':{'type':'reinforcement','reinforcement':{}} | missing_required_parameter | method.reinforcement.grader
                    """)
    void aBadFieldIsNamedByItsPath(String fields, String code, String param) {
        refused(fields, code, param);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {}                                                            | missing_required_parameter | .type
                    {'type':'python','source':'x'}                                | unsupported_value          | .type
                    {'type':'string_check'}                                       | missing_required_parameter | .input
                    {'type':'string_check','input':'a','reference':'b','operation':'is'} | invalid_value        | .operation
                    {'type':'string_check','input':'{{ x }}','reference':'b','operation':'eq'} | invalid_value  | .input
                    {'type':'string_check','input':'a','reference':'b','operation':'eq','n':1} | unknown_parameter | .n
                    {'type':'text_similarity','input':'a','reference':'b','evaluation_metric':'cosine'} | unsupported_value | .evaluation_metric
                    {'type':'multi','graders':{},'calculate_output':'1'}          | invalid_value              | .graders
                    {'type':'multi','graders':{'a':{'type':'string_check'}},'calculate_output':'a'} | missing_required_parameter | .graders.a.input
                    """)
    void aBadGraderIsNamedByItsPath(String grader, String code, String param) {
        refused(reinforcement(grader), code, "method.reinforcement.grader" + param);
    }

    @Test
    void aFormulaOverUnknownNamesIsRefused() {
        String grader = "{'type':'multi','graders':{'a':" + CHECK + "},'calculate_output':'b'}";
        refused(reinforcement(grader), "invalid_value", "method.reinforcement.grader.calculate_output");
    }

    private static void refused(String fields, String code, String param) {
        ApiException refusal = catchThrowableOfType(ApiException.class, () -> read(fields));
        assertThat(refusal).as(fields).isNotNull();
        assertThat(refusal.status().value()).isEqualTo(400);
        assertThat(refusal.param()).isEqualTo(param);
        assertThat(refusal.code()).isEqualTo(code);
    }

    private static String reinforcement(String grader) {
        return "'method':{'type':'reinforcement','reinforcement':{'response_format':null,'x_note':1,'grader':" + grader
                + "}}";
    }

    private static JobRequest read(String fields) {
        String body = "{'model':'m','training_file':'file-t'," + fields + "}";
        return JobRequestReader.read(JsonFields.parse(body.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
    }

    private static final String LOG = "'replay_file':'file-log'";

    private static String replay(String fields) {
        return "'method':{'type':'reinforcement','reinforcement':{" + fields + "}}";
    }

    private static JobRequest of(String body) {
        return JobRequestReader.read(JsonFields.parse(
                ("{'model':'m'," + body + "}").replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void theReplayFileDecidesWhatIsPlayed() {
        String graded = LOG + ",'grader':" + CHECK;
        assertThat(of(replay(LOG)).trainingFile().value()).isEqualTo("file-log");
        assertThat(of(replay(LOG)).experience()).isEqualTo(Experience.LOGGED);
        assertThat(of("'training_file':'file-log'," + replay(LOG)).experience()).isEqualTo(Experience.LOGGED);
        assertThat(of("'validation_file':'file-v'," + replay(graded)).experience())
                .isEqualTo(Experience.LOGGED);
        JobRequest mixed = of("'training_file':'file-t'," + replay(graded));
        assertThat(mixed.experience()).isEqualTo(Experience.PLAYED_AND_LOGGED);
        assertThat(JobRequest.ofBody(mixed.body())).isEqualTo(mixed);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    'training_file':'file-t'   | 'replay_file':'file-log'       | invalid_value              | training_file
                    'training_file':'file-log' | 'replay_file':7                | invalid_type               | method.reinforcement.replay_file
                    'validation_file':'file-v' | 'replay_file':'file-log'       | invalid_value              | validation_file
                    'seed':1                   | 'replay_file':'file-log','grader':GRADER | invalid_value    | validation_file
                    'training_file':'file-t'   | 'dqn':{}                       | missing_required_parameter | method.reinforcement.grader
                    'seed':1                   | 'grader':GRADER                | missing_required_parameter | training_file
                    'seed':1                   | 'replay_file':'file-log','dqn':{'replay_ratio':2} | invalid_value | method.reinforcement.dqn.replay_ratio
                    'training_file':'file-t'   | 'grader':GRADER,'dqn':{'bc_weight':2} | invalid_value       | method.reinforcement.dqn.bc_weight
                    """)
    void whatDoesNotGoWithTheReplayFileIsNamed(String fields, String settings, String code, String param) {
        ApiException refused = catchThrowableOfType(
                ApiException.class, () -> of(fields + "," + replay(settings.replace("GRADER", CHECK))));
        assertThat(refused.code()).isEqualTo(code);
        assertThat(refused.param()).isEqualTo(param);
    }
}
