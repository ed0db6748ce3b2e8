package dev.rehearse.completions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.generation.GenerationRequest;
import dev.rehearse.generation.Penalties;
import dev.rehearse.generation.Sampler;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class ChatHttpTest extends ServerTest {
    private static final String PATH = "/v1/chat/completions";
    private static final String HELLO = "'messages':[{'role':'user','content':'hello'}]";

    @Test
    void aWholeAnswerHasEveryRequiredField() throws Exception {
        assertThat(settled(ok(PATH, body(HELLO)))).isEqualTo("""
                {"id":"ID","object":"chat.completion","created":0,"model":"M","system_fingerprint":"FP",\
                "choices":[{"index":0,"message":{"role":"assistant","content":"hi","refusal":null},\
                "logprobs":null,"finish_reason":"stop"}],\
                "usage":{"prompt_tokens":6,"completion_tokens":3,"total_tokens":9}}""");
    }

    @Test
    void aStreamBeginsWithTheRoleAndEndsWithAnEmptyDelta() throws Exception {
        HttpResponse<String> response = post(PATH, body(HELLO + ",'stream':true"));
        assertThat(response.headers().firstValue("content-type").orElseThrow()).startsWith("text/event-stream");
        List<JsonNode> chunks = chunks(response.body());
        assertThat(chunks)
                .extracting(chunk -> chunk.get("choices").toString())
                .containsExactly(
                        choice("{\"role\":\"assistant\",\"content\":\"\"}", "null"),
                        choice("{\"content\":\"h\"}", "null"),
                        choice("{\"content\":\"i\"}", "null"),
                        choice("{}", "\"stop\""));
        assertThat(chunks).allSatisfy(chunk -> {
            assertThat(chunk.get("object").stringValue()).isEqualTo("chat.completion.chunk");
            assertThat(chunk.get("id")).isEqualTo(chunks.get(0).get("id"));
            assertThat(chunk.get("created")).isEqualTo(chunks.get(0).get("created"));
            assertThat(chunk.has("usage")).isFalse();
            assertThat(chunk.has("error")).isFalse();
        });
    }

    private static String choice(String delta, String finishReason) {
        return "[{\"index\":0,\"delta\":" + delta + ",\"logprobs\":null,\"finish_reason\":" + finishReason + "}]";
    }

    @Test
    void usageComesInAChunkOfItsOwnAndIsNullBefore() throws Exception {
        String fields = HELLO + ",'stream':true,'stream_options':{'include_usage':true}";
        List<JsonNode> chunks = chunks(post(PATH, body(fields)).body());
        JsonNode last = chunks.get(chunks.size() - 1);
        assertThat(last.get("choices").toString()).isEqualTo("[]");
        assertThat(last.get("usage").toString())
                .isEqualTo("{\"prompt_tokens\":6,\"completion_tokens\":3,\"total_tokens\":9}");
        assertThat(chunks.subList(0, chunks.size() - 1))
                .allMatch(chunk -> chunk.get("usage").isNull());
    }

    @Test
    void severalRepliesOfOneStreamKeepTheirIndex() throws Exception {
        List<JsonNode> chunks =
                chunks(post(PATH, body(HELLO + ",'stream':true,'n':2")).body());
        for (int index = 0; index < 2; index++) {
            int wanted = index;
            assertThat(chunks)
                    .map(chunk -> chunk.get("choices").get(0))
                    .filteredOn(choice -> choice.get("index").intValue() == wanted)
                    .map(choice -> choice.get("delta").path("content").asString(""))
                    .containsExactly("", "h", "i", "");
        }
    }

    @Test
    void clientsMayAskForAnyMediaType() throws Exception {
        assertThat(post(PATH, body(HELLO + ",'stream':true"), "Accept", "application/json")
                        .statusCode())
                .isEqualTo(200);
        HttpResponse<String> whole = post(PATH, body(HELLO), "Accept", "text/event-stream");
        assertThat(whole.statusCode()).isEqualTo(200);
        assertThat(whole.headers().firstValue("content-type")).hasValue("application/json");
    }

    @Test
    void anExplicitNullIsAnAbsentField() throws Exception {
        String nulls = List.of(
                        "n",
                        "max_tokens",
                        "max_completion_tokens",
                        "temperature",
                        "top_p",
                        "top_k",
                        "seed",
                        "stop",
                        "logprobs",
                        "top_logprobs",
                        "stream",
                        "stream_options",
                        "tools",
                        "functions",
                        "tool_choice",
                        "function_call",
                        "audio",
                        "modalities",
                        "prediction",
                        "web_search_options",
                        "response_format",
                        "presence_penalty",
                        "frequency_penalty",
                        "logit_bias",
                        "repetition_penalty",
                        "user",
                        "store",
                        "metadata",
                        "service_tier",
                        "reasoning_effort",
                        "parallel_tool_calls",
                        "verbosity",
                        "prompt_cache_key",
                        "decode_beta",
                        "token_values",
                        "safety_identifier")
                .stream()
                .map(name -> ",'" + name + "':null")
                .reduce("", String::concat);
        HttpResponse<String> response = post(
                PATH,
                body("'messages':[{'role':'assistant','content':null,'tool_calls':null,'refusal':null},"
                        + "{'role':'user','content':'x','name':null}]" + nulls));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.headers().firstValue("x-ignored-parameters")).isEmpty();
    }

    @Test
    void benignValuesOfWhatIsNotSupportedAreAccepted() throws Exception {
        ok(
                PATH,
                body(HELLO + ",'tools':[],'functions':[],'tool_choice':'auto','modalities':['text'],"
                        + "'response_format':{'type':'text'},'presence_penalty':0,'frequency_penalty':0.0,'logit_bias':{},"
                        + "'stop':[],'n':1.0,'metadata':{'a':'b'}"));
    }

    @Test
    void unknownFieldsAreNamedInAHeader() throws Exception {
        HttpResponse<String> whole = post(PATH, body(HELLO + ",'guided_json':{},'min_p':0.1,'store':true"));
        assertThat(whole.headers().firstValue("x-ignored-parameters")).hasValue("store,guided_json,min_p");
        HttpResponse<String> stream = post(PATH, body(HELLO + ",'stream':true,'a\\r\\nSet-Cookie: b':1"));
        assertThat(stream.headers().firstValue("x-ignored-parameters")).hasValue("a??Set-Cookie??b");
    }

    @Test
    void contentMayBeTextParts() throws Exception {
        ok(
                PATH,
                body("'messages':[{'role':'developer','content':'d'},{'role':'user','content':["
                        + "{'type':'text','text':'a'},{'type':'text','text':'b'}]}]"));
        assertThat(model.decode(model.requests.get(0).prompt())).isEqualTo("dd|ua\nb");
    }

    @Test
    void halfASurrogatePairDoesNotReachTheTokenizer() throws Exception {
        ok(PATH, body("'messages':[{'role':'user','content':'a\\ud83d'}]"));
        assertThat(model.decode(model.requests.get(0).prompt())).isEqualTo("ua\ufffd");
    }

    @Test
    void withoutALimitTheReplyMayFillTheContext() throws Exception {
        ok(PATH, body(HELLO));
        assertThat(model.requests.get(0).maxTokens()).isEqualTo(ScriptedModel.CONTEXT - 6);
    }

    @Test
    void aReplyCutByItsLimitSaysSo() throws Exception {
        JsonNode answer = ok(PATH, body(HELLO + ",'max_completion_tokens':1"));
        assertThat(answer.at("/choices/0/finish_reason").asString()).isEqualTo("length");
        assertThat(answer.at("/choices/0/message/content").asString()).isEqualTo("h");
        assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(1);
    }

    @Test
    void samplingIsWhatWasAsked() throws Exception {
        ok(PATH, body(HELLO + ",'temperature':0.5,'top_p':0.9,'top_k':7,'seed':-3,'stop':['x','yz'],'n':2"));
        List<GenerationRequest> requests = model.requests;
        assertThat(requests.get(0).sampler()).isEqualTo(new Sampler.Boltzmann(0.5, 7, 0.9, -3));
        assertThat(requests.get(1).sampler()).isNotEqualTo(requests.get(0).sampler());
        assertThat(requests.get(0).stop()).containsExactly("x", "yz");
    }

    @Test
    void penaltiesAreWhatWasAsked() throws Exception {
        ok(
                PATH,
                body(HELLO + ",'presence_penalty':-2,'frequency_penalty':2,'repetition_penalty':1.5,"
                        + "'logit_bias':{'5':-100,'255':100}"));
        assertThat(model.requests.get(0).steering().penalties())
                .isEqualTo(new Penalties(-2, 2, 1.5, Map.of(5, -100.0, 255, 100.0)));
        ok(PATH, body(HELLO));
        assertThat(model.requests.get(1).steering().penalties()).isEqualTo(Penalties.NONE);
    }

    @Test
    void theSameSeedMeansTheSameDrawsForEveryReply() throws Exception {
        ok(PATH, body(HELLO + ",'seed':9223372036854775807,'n':3"));
        ok(PATH, body(HELLO + ",'seed':9223372036854775807,'n':3"));
        List<Sampler> all =
                model.requests.stream().map(GenerationRequest::sampler).toList();
        assertThat(all.subList(3, 6)).isEqualTo(all.subList(0, 3));
        assertThat(all.subList(0, 3)).doesNotHaveDuplicates();
    }

    @Test
    void withoutASeedRequestsDiffer() throws Exception {
        ok(PATH, body(HELLO));
        ok(PATH, body(HELLO));
        assertThat(model.requests.get(0).sampler())
                .isNotEqualTo(model.requests.get(1).sampler());
    }

    @ParameterizedTest
    @ValueSource(strings = {"'temperature':0", "'temperature':1e-9", "'top_p':0"})
    void noTemperatureMeansGreedy(String field) throws Exception {
        ok(PATH, body(HELLO + "," + field));
        assertThat(model.requests.get(0).sampler()).isEqualTo(new Sampler.Greedy());
    }

    @Test
    void logProbsNameTokensByTextAndBytes() throws Exception {
        JsonNode answer = ok(PATH, body(HELLO + ",'logprobs':true,'top_logprobs':2"));
        assertThat(answer.at("/choices/0/logprobs").toString()).isEqualTo("""
                {"content":[\
                {"token":"h","logprob":-0.5,"bytes":[104],"top_logprobs":[\
                {"token":"a","logprob":-1.0,"bytes":[97]},{"token":"\ufffd","logprob":-2.0,"bytes":[226,128]}]},\
                {"token":"i","logprob":-0.5,"bytes":[105],"top_logprobs":[\
                {"token":"a","logprob":-1.0,"bytes":[97]},{"token":"\ufffd","logprob":-2.0,"bytes":[226,128]}]}],\
                "refusal":null}""");
    }

    @Test
    void aModelWithQHeadsTellsValuesAndTakesABeta() throws Exception {
        model.hasQ = true;
        JsonNode answer = ok(PATH, body(HELLO + ",'logprobs':true,'token_values':true,'decode_beta':2.5"));
        JsonNode first = answer.at("/choices/0/logprobs/content/0");
        assertThat(first.get("q").asDouble()).isEqualTo(1.5);
        assertThat(first.get("advantage").asDouble()).isEqualTo(0.5);
        assertThat(model.requests.get(0).steering().decodeBeta()).isEqualTo(2.5);
        assertThat(ok(PATH, body(HELLO + ",'logprobs':true"))
                        .at("/choices/0/logprobs/content/0")
                        .has("q"))
                .isFalse();
    }

    @Test
    void streamedLogProbsComeWithTheirText() throws Exception {
        List<JsonNode> chunks = chunks(
                post(PATH, body(HELLO + ",'stream':true,'logprobs':true")).body());
        assertThat(chunks)
                .map(chunk -> chunk.at("/choices/0/logprobs/content/0/token").asString("none"))
                .containsExactly("none", "h", "i", "none");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            'messages':[]                                              | invalid_value | messages
            'messages':'hi'                                            | invalid_type  | messages
            'messages':null                                            | missing_required_parameter | messages
            'messages':['hi']                                          | invalid_type  | messages[0]
            'messages':[{'content':'hi'}]                              | missing_required_parameter | messages[0].role
            'messages':[{'role':'bot','content':'hi'}]                 | invalid_value | messages[0].role
            'messages':[{'role':'user'}]                               | missing_required_parameter | messages[0].content
            'messages':[{'role':'user','content':3}]                   | invalid_type  | messages[0].content
            'messages':[{'role':'user','content':[{'type':'image_url','image_url':{'url':'u'}}]}] | unsupported_parameter | messages[0].content[0].type
            'messages':[{'role':'user','content':[{'type':'text'}]}]   | missing_required_parameter | messages[0].content[0].text
            'messages':[{'role':'assistant','tool_calls':[{'id':'1'}]}] | unsupported_parameter | messages[0].tool_calls
            """)
    void aBrokenMessageIsNamedByItsPath(String fields, String code, String param) throws Exception {
        refuses(PATH, body(fields), code, param);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            'temperature':2.1          | invalid_value         | temperature
            'temperature':-1           | invalid_value         | temperature
            'temperature':1e999        | invalid_value         | temperature
            'temperature':'0.5'        | invalid_type          | temperature
            'top_p':1.5                | invalid_value         | top_p
            'n':0                      | invalid_value         | n
            'n':129                    | invalid_value         | n
            'n':33                     | invalid_value         | n
            'n':1.5                    | invalid_type          | n
            'n':99999999999999999999   | invalid_value         | n
            'max_tokens':0             | invalid_value         | max_tokens
            'max_tokens':'8'           | invalid_type          | max_tokens
            'max_tokens':1,'max_completion_tokens':2 | invalid_value | max_tokens
            'max_tokens':59            | context_length_exceeded | messages
            'max_tokens':2147483647    | context_length_exceeded | messages
            'seed':1.5                 | invalid_type          | seed
            'stop':['a','b','c','d','e'] | invalid_value       | stop
            'stop':''                  | invalid_value         | stop
            'stop':[1]                 | invalid_type          | stop[0]
            'logprobs':2               | invalid_type          | logprobs
            'top_logprobs':2           | invalid_value         | top_logprobs
            'logprobs':true,'top_logprobs':21 | invalid_value  | top_logprobs
            'stream':'yes'             | invalid_type          | stream
            'stream_options':{}        | invalid_value         | stream_options
            'stream':true,'stream_options':{'include_usage':1} | invalid_type | stream_options.include_usage
            'tools':[{'type':'function'}] | unsupported_parameter | tools
            'tools':'x'                | unsupported_parameter | tools
            'functions':[{'name':'f'}] | unsupported_parameter | functions
            'tool_choice':'required'   | unsupported_parameter | tool_choice
            'audio':{'voice':'x'}      | unsupported_parameter | audio
            'modalities':['text','audio'] | unsupported_parameter | modalities
            'prediction':{'type':'content'} | unsupported_parameter | prediction
            'web_search_options':{}    | unsupported_parameter | web_search_options
            'response_format':{'type':'json_object'} | unsupported_parameter | response_format
            'response_format':{'type':'yaml'} | invalid_value  | response_format.type
            'presence_penalty':-2.5    | invalid_value         | presence_penalty
            'frequency_penalty':3      | invalid_value         | frequency_penalty
            'repetition_penalty':0     | invalid_value         | repetition_penalty
            'repetition_penalty':2.1   | invalid_value         | repetition_penalty
            'decode_beta':1            | unsupported_parameter | decode_beta
            'decode_beta':-1           | invalid_value         | decode_beta
            'decode_beta':'x'          | invalid_type          | decode_beta
            'token_values':true        | invalid_value         | token_values
            'token_values':true,'logprobs':true | unsupported_parameter | token_values
            'logit_bias':[5]           | invalid_type          | logit_bias
            'logit_bias':{'a':1}       | invalid_value         | logit_bias
            'logit_bias':{'-1':1}      | invalid_value         | logit_bias
            'logit_bias':{'4294967295':1} | invalid_value      | logit_bias
            'logit_bias':{'256':1}     | invalid_value         | logit_bias
            'logit_bias':{'5':101}     | invalid_value         | logit_bias.5
            'logit_bias':{'5':'x'}     | invalid_type          | logit_bias.5
            """)
    void aBrokenSettingIsNamed(String field, String code, String param) throws Exception {
        refuses(PATH, body(HELLO + "," + field), code, param);
        assertThat(model.requests).isEmpty();
    }

    @Test
    void aConversationThatFillsTheContextIsRefused() throws Exception {
        String long64 = "x".repeat(ScriptedModel.CONTEXT);
        refuses(
                PATH,
                body("'messages':[{'role':'user','content':'" + long64 + "'}]"),
                "context_length_exceeded",
                "messages");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "", "[1]", "null", "\"x\"", "{\"model\":1,\"messages\":[]}", "{\"messages\":[]}"})
    void aBrokenBodyGetsTheEnvelope(String body) throws Exception {
        HttpResponse<String> response = post(PATH, body);
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(JSON.readTree(response.body()).at("/error/type").asString()).isEqualTo("invalid_request_error");
    }

    @Test
    void anUnknownModelIsNotFoundAndABlueprintNotTrained() throws Exception {
        HttpResponse<String> unknown =
                post(PATH, "{\"model\":\"nobody\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(JSON.readTree(unknown.body()).at("/error/code").asString()).isEqualTo("model_not_found");
        refuses(
                PATH,
                "{\"model\":\"gpt2-tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
                "model_not_trained",
                "model");
    }
}
