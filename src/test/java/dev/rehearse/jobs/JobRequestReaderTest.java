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
                    'method':{'type':'supervised','supervised':{'hyperparameters':{'n_epochs':'three'}}} | invalid_type | method.supervised.hyperparameters.n_epochs
                    'method':{'type':'supervised','supervised':{'hyperparameters':{'n_epochs':1.5}}} | invalid_type | method.supervised.hyperparameters.n_epochs
                    'method':{'type':'supervised','supervised':{'trainable':[]}} | invalid_type | method.supervised.trainable
                    'sede':1                                          | unknown_parameter          | sede
                    'seed':-1                                         | invalid_value              | seed
                    'seed':2147483648                                 | invalid_value              | seed
                    'seed':1.5                                        | invalid_type               | seed
                    'suffix':''                                       | invalid_value              | suffix
                    'suffix':'a/b'                                    | invalid_value              | suffix
                    'suffix':7                                        | invalid_type               | suffix
                    'metadata':{'a':1}                                | invalid_type               | metadata.a
                    'metadata':[]                                     | invalid_type               | metadata
                    'metadata':{'a':'\\u0000'}                        | invalid_value              | metadata.a
                    'metadata':{'\\u0000':'a'}                        | invalid_value              | metadata
                    'integrations':[{'type':'wandb'}]                 | unsupported_value          | integrations
                    'method':{}                                       | missing_required_parameter | method.type
                    'method':{'type':'ppo'}                           | unsupported_value          | method.type
                    'method':{'type':'dqn'}                           | missing_required_parameter | method.dqn
                    'method':{'type':'dqn','dqn':{}}                  | missing_required_parameter | method.reinforcement.grader
                    'method':{'type':'dqn','reinforcement':{}}        | invalid_value              | method.reinforcement
                    'method':{'type':'reinforcement','dqn':{}}        | invalid_value              | method.dqn
                    'method':{'type':'dpo','supervised':{}}           | unsupported_value          | method.type
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
                    {'type':'text_similarity','input':'a','reference':'b','evaluation_metric':'rouge_6'} | invalid_value | .evaluation_metric
                    {'type':'score_model','input':[]}                             | missing_required_parameter | .model
                    {'type':'score_model','model':'m'}                            | missing_required_parameter | .input
                    {'type':'score_model','model':'m','input':'x'}                | invalid_type               | .input
                    {'type':'score_model','model':'m','input':[]}                 | invalid_value              | .input
                    {'type':'score_model','model':'m','input':[{'role':'tool','content':'x'}]} | invalid_value | .input[0].role
                    {'type':'score_model','model':'m','input':[{'role':'user'}]}  | missing_required_parameter | .input[0].content
                    {'type':'score_model','model':'m','input':[{'role':'user','content':'{{'}]} | invalid_value | .input[0].content
                    {'type':'score_model','model':'m','input':[{'role':'user','content':'x','type':'m'}]} | invalid_value | .input[0].type
                    {'type':'score_model','model':'m','input':[{'role':'user','content':[{'type':'input_image','image_url':'u'}]}]} | unsupported_value | .input[0].content[0].type
                    {'type':'score_model','model':'m','input':[{'role':'user','content':'x'}],'range':[1]}                      | invalid_value              | .range
                    {'type':'score_model','model':'m','input':[{'role':'user','content':'x'}],'range':[1,0]}                    | invalid_value              | .range
                    {'type':'score_model','model':'m','input':[{'role':'user','content':'x'}],'range':1}                        | invalid_type               | .range
                    {'type':'score_model','model':'m','input':[{'role':'user','content':'x'}],'sampling_params':{'temperature':3}} | invalid_value           | .sampling_params.temperature
                    {'type':'score_model','model':'m','input':[{'role':'user','content':'x'}],'sampling_params':{'top_p':'1'}}  | invalid_type               | .sampling_params.top_p
                    {'type':'score_model','model':'m','input':[{'role':'user','content':'x'}],'sampling_params':{'max_tokens':3}} | unknown_parameter        | .sampling_params.max_tokens
                    {'type':'score_model','model':'m','input':[{'role':'user','content':'x'}],'sampling_params':{'reasoning_effort':'big'}} | invalid_value  | .sampling_params.reasoning_effort
                    {'type':'label_model','model':'m','input':[{'role':'user','content':'x'}],'labels':['a']}                   | missing_required_parameter | .passing_labels
                    {'type':'label_model','model':'m','input':[{'role':'user','content':'x'}],'labels':[],'passing_labels':[]}  | invalid_value              | .labels
                    {'type':'label_model','model':'m','input':[{'role':'user','content':'x'}],'labels':['a'],'passing_labels':['b']} | invalid_value         | .passing_labels
                    {'type':'label_model','model':'m','input':[{'role':'user','content':'x'}],'labels':[1],'passing_labels':[1]} | invalid_type              | .labels[0]
                    {'type':'http'}                                               | missing_required_parameter | .url
                    {'type':'http','url':'ftp://h/'}                              | invalid_value              | .url
                    {'type':'http','url':'http://a b/'}                           | invalid_value              | .url
                    {'type':'http','url':'http://h/','headers':{'Host':'x'}}      | invalid_value              | .headers
                    {'type':'http','url':'http://h/','headers':{'X':1}}           | invalid_type               | .headers.X
                    {'type':'http','url':'http://h/','timeout_ms':0}              | invalid_value              | .timeout_ms
                    {'type':'http','url':'http://h/','batch':257}                 | invalid_value              | .batch
                    {'type':'multi','graders':{},'calculate_output':'1'}          | invalid_value              | .graders
                    {'type':'multi','graders':{'a':{'type':'string_check'}},'calculate_output':'a'} | missing_required_parameter | .graders.a.input
                    """)
    void aBadGraderIsNamedByItsPath(String grader, String code, String param) {
        refused(reinforcement(grader), code, "method.reinforcement.grader" + param);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'type':'text_similarity','name':'c','input':'a','reference':'b','evaluation_metric':'cosine'}",
                "{'type':'score_model','name':'s','model':'m','input':[{'role':'user','content':'{{item.a}}'}],"
                        + "'range':[-1.0,2.5],'sampling_params':{'temperature':0.5,'top_p':1.0,'seed':-3,"
                        + "'max_completions_tokens':5,'reasoning_effort':'low'}}",
                "{'type':'label_model','name':'l','model':'m','input':[{'role':'developer','content':'x'}],"
                        + "'labels':['a','b'],'passing_labels':['b']}",
                "{'type':'http','name':'h','url':'https://h/x?y=1','headers':{'X-Key':'k'},'timeout_ms':50,'batch':4}"
            })
    void aGraderIsStoredAsItWasGiven(String grader) {
        JobRequest request = read(reinforcement(grader));
        assertThat(StoredJson.write(Map.of("grader", request.method().settings().get("grader"))))
                .isEqualTo("{\"grader\":" + grader.replace('\'', '"') + "}");
        assertThat(JobRequest.ofBody(request.body()).resolve()).isEqualTo(request.resolve());
    }

    @Test
    void aMessagesContentMayBeAPartOrSeveral() {
        JobRequest request = read(reinforcement("{'type':'score_model','name':'s','model':'m','input':[{'role':'user',"
                + "'type':'message','content':[{'type':'input_text','text':'{{item.a}} '},'and',"
                + "{'type':'output_text','text':' b'}]},{'role':'user','content':{'type':'input_text','text':'c'}}]}"));
        Map<?, ?> grader = (Map<?, ?>) request.method().settings().get("grader");
        assertThat(grader.get("input"))
                .isEqualTo(List.of(
                        Map.of("role", "user", "content", "{{item.a}} and b"), Map.of("role", "user", "content", "c")));
        assertThat(request.method().graderModels()).containsExactly("m");
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
