package dev.rehearse.completions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.generation.Completion;
import dev.rehearse.generation.FinishReason;
import dev.rehearse.generation.GeneratedToken;
import dev.rehearse.generation.GenerationRequest;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class TextHttpTest extends ServerTest {
    private static final String PATH = "/v1/completions";

    @Test
    void aWholeAnswerHasEveryRequiredField() throws Exception {
        assertThat(settled(ok(PATH, body("'prompt':'ab'")))).isEqualTo("""
                {"id":"ID","object":"text_completion","created":0,"model":"M","system_fingerprint":"FP",\
                "choices":[{"index":0,"text":"hi","logprobs":null,"finish_reason":"stop"}],\
                "usage":{"prompt_tokens":2,"completion_tokens":3,"total_tokens":5}}""");
    }

    @Test
    void chunksHaveTheSameShape() throws Exception {
        String fields = "'prompt':'ab','stream':true,'stream_options':{'include_usage':true}";
        List<JsonNode> chunks = chunks(post(PATH, body(fields)).body());
        assertThat(chunks)
                .extracting(chunk -> chunk.get("choices").toString())
                .containsExactly(
                        "[{\"index\":0,\"text\":\"h\",\"logprobs\":null,\"finish_reason\":null}]",
                        "[{\"index\":0,\"text\":\"i\",\"logprobs\":null,\"finish_reason\":null}]",
                        "[{\"index\":0,\"text\":\"\",\"logprobs\":null,\"finish_reason\":\"stop\"}]",
                        "[]");
        assertThat(chunks).allMatch(chunk -> chunk.get("object").asString().equals("text_completion"));
        assertThat(chunks.get(0).get("usage").isNull()).isTrue();
        assertThat(chunks.get(3).at("/usage/total_tokens").asInt()).isEqualTo(5);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            'ab'              | ab
            ['ab','c']        | ab,c
            [97,98]           | ab
            [[97],[98,99]]    | a,bc
            """)
    void aPromptHasFourForms(String prompt, String encoded) throws Exception {
        JsonNode answer = ok(PATH, body("'prompt':" + prompt));
        assertThat(model.requests)
                .extracting(request -> model.decode(request.prompt()))
                .containsExactly(encoded.split(","));
        assertThat(answer.at("/usage/prompt_tokens").asInt())
                .isEqualTo(encoded.replace(",", "").length());
    }

    @Test
    void choicesAreCountedPromptByPrompt() throws Exception {
        JsonNode answer = ok(PATH, body("'prompt':['a','b'],'n':2,'echo':true"));
        assertThat(answer.get("choices"))
                .extracting(choice ->
                        choice.get("index").asInt() + choice.get("text").asString())
                .containsExactly("0ahi", "1ahi", "2bhi", "3bhi");
        assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(12);
        assertThat(answer.at("/usage/prompt_tokens").asInt()).isEqualTo(2);
    }

    @Test
    void aPromptGetsTheSameDrawsAloneAndAmongOthers() throws Exception {
        ok(PATH, body("'prompt':['a','b'],'n':2,'seed':5"));
        ok(PATH, body("'prompt':'b','n':2,'seed':5"));
        List<Object> samplers = model.requests.stream()
                .map(GenerationRequest::sampler)
                .map(Object.class::cast)
                .toList();
        assertThat(samplers.subList(4, 6)).isEqualTo(samplers.subList(2, 4));
    }

    @Test
    void sixteenTokensUnlessAskedOtherwise() throws Exception {
        ok(PATH, body("'prompt':'ab'"));
        ok(PATH, body("'prompt':'" + "x".repeat(60) + "'"));
        ok(PATH, body("'prompt':'ab','max_tokens':40"));
        assertThat(model.requests).extracting(GenerationRequest::maxTokens).containsExactly(16, 4, 40);
    }

    @Test
    void echoComesFirstInAStream() throws Exception {
        String stream =
                post(PATH, body("'prompt':[97,98],'echo':true,'stream':true")).body();
        assertThat(chunks(stream))
                .extracting(chunk -> chunk.at("/choices/0/text").asString())
                .containsExactly("ab", "h", "i", "");
    }

    @Test
    void logProbsAreParallelLists() throws Exception {
        JsonNode answer = ok(PATH, body("'prompt':'ab','logprobs':2"));
        assertThat(answer.at("/choices/0/logprobs").toString()).isEqualTo("""
                {"tokens":["h","i"],"token_logprobs":[-0.5,-0.5],\
                "top_logprobs":[{"a":-1.0,"bytes:\\\\xe2\\\\x80":-2.0,"h":-0.5},\
                {"a":-1.0,"bytes:\\\\xe2\\\\x80":-2.0,"i":-0.5}],"text_offset":[0,1]}""");
    }

    @Test
    void logProbsOfZeroStillTellTheChosenToken() throws Exception {
        JsonNode logProbs = ok(PATH, body("'prompt':'ab','logprobs':0")).at("/choices/0/logprobs");
        assertThat(logProbs.get("top_logprobs").toString()).isEqualTo("[{\"h\":-0.5},{\"i\":-0.5}]");
    }

    @Test
    void streamedOffsetsGoOn() throws Exception {
        List<JsonNode> chunks = chunks(
                post(PATH, body("'prompt':'ab','logprobs':0,'stream':true")).body());
        assertThat(chunks)
                .extracting(
                        chunk -> chunk.at("/choices/0/logprobs/text_offset/0").asInt(-1))
                .containsExactly(0, 1, -1);
    }

    @Test
    void anEchoedPromptHasLogProbsToo() throws Exception {
        JsonNode choice =
                ok(PATH, body("'prompt':'ab','echo':true,'logprobs':0")).at("/choices/0");
        assertThat(choice.get("text").asString()).isEqualTo("abhi");
        assertThat(choice.get("logprobs").toString()).isEqualTo("""
                {"tokens":["a","b","h","i"],"token_logprobs":[null,-0.5,-0.5,-0.5],\
                "top_logprobs":[null,{"b":-0.5},{"h":-0.5},{"i":-0.5}],"text_offset":[0,1,2,3]}""");
    }

    @Test
    void aPromptAloneCanBeScored() throws Exception {
        model.play((request, listener, cancelled) -> {
            List<GeneratedToken> prompt = List.of(new GeneratedToken('b', -0.5f, List.of()));
            listener.promptRead(prompt);
            listener.finished(new Completion("", List.of(), FinishReason.LENGTH, request.prompt().length, prompt));
        });
        JsonNode answer = ok(PATH, body("'prompt':'ab','echo':true,'logprobs':1,'max_tokens':0"));
        assertThat(model.requests.get(0).maxTokens()).isZero();
        assertThat(answer.get("choices").toString()).isEqualTo("""
                [{"index":0,"text":"ab","logprobs":{"tokens":["a","b"],"token_logprobs":[null,-0.5],\
                "top_logprobs":[null,{"b":-0.5}],"text_offset":[0,1]},"finish_reason":"length"}]""");
        assertThat(answer.at("/usage/completion_tokens").asInt()).isZero();
        ok(PATH, body("'prompt':'" + "x".repeat(64) + "','echo':true,'max_tokens':0"));
    }

    @Test
    void aStreamEchoesThePromptWithItsLogProbsFirst() throws Exception {
        List<JsonNode> chunks = chunks(post(PATH, body("'prompt':'ab','echo':true,'logprobs':0,'stream':true"))
                .body());
        assertThat(chunks)
                .extracting(chunk -> chunk.at("/choices/0/text").asString())
                .containsExactly("ab", "h", "i", "");
        assertThat(chunks.get(0).at("/choices/0/logprobs/token_logprobs").toString())
                .isEqualTo("[null,-0.5]");
        assertThat(chunks.get(1).at("/choices/0/logprobs/text_offset/0").asInt())
                .isEqualTo(2);
    }

    @Test
    void valuesStandBesideLogProbs() throws Exception {
        model.hasQ = true;
        JsonNode logProbs =
                ok(PATH, body("'prompt':'ab','logprobs':0,'token_values':true")).at("/choices/0/logprobs");
        assertThat(logProbs.get("token_q").toString()).isEqualTo("[1.5,1.5]");
        assertThat(logProbs.get("token_advantage").toString()).isEqualTo("[0.5,0.5]");
    }

    @Test
    void anImpossibleTokenIsStillJson() throws Exception {
        model.play((request, listener, cancelled) -> listener.finished(new Completion(
                "x",
                List.of(new GeneratedToken('x', Float.NEGATIVE_INFINITY, List.of())),
                FinishReason.LENGTH,
                request.prompt().length)));
        JsonNode answer = ok(PATH, body("'prompt':'ab','logprobs':0"));
        assertThat(answer.at("/choices/0/logprobs/token_logprobs/0").asDouble()).isEqualTo(-9999);
    }

    @Test
    void theMostProbableOfSeveralAreGiven() throws Exception {
        AtomicInteger number = new AtomicInteger();
        float[] logProbs = {-3, -1, -2};
        model.play((request, listener, cancelled) -> {
            int i = number.getAndIncrement();
            List<GeneratedToken> tokens = List.of(new GeneratedToken('0' + i, logProbs[i], List.of()));
            listener.finished(new Completion(String.valueOf(i), tokens, FinishReason.LENGTH, request.prompt().length));
        });
        JsonNode answer = ok(PATH, body("'prompt':'ab','n':2,'best_of':3"));
        assertThat(answer.get("choices"))
                .extracting(choice -> choice.get("text").asString())
                .containsExactly("1", "2");
        assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            'prompt':null                      | missing_required_parameter | prompt
            'prompt':[]                        | invalid_value | prompt
            'prompt':''                        | invalid_value | prompt
            'prompt':7                         | invalid_type  | prompt
            'prompt':['a',1]                   | invalid_type  | prompt[1]
            'prompt':[1,'a']                   | invalid_type  | prompt[1]
            'prompt':[[1],[]]                  | invalid_value | prompt[1]
            'prompt':[-1]                      | invalid_value | prompt[0]
            'prompt':[256]                     | invalid_value | prompt
            'prompt':[true]                    | invalid_type  | prompt[0]
            'prompt':'a','logprobs':true       | invalid_type  | logprobs
            'prompt':'a','logprobs':6          | invalid_value | logprobs
            'prompt':'a','best_of':1,'n':2     | invalid_value | best_of
            'prompt':'a','best_of':2,'stream':true | invalid_value | best_of
            'prompt':'a','best_of':21          | invalid_value | best_of
            'prompt':['a','b','c'],'n':11      | invalid_value | n
            'prompt':'a','suffix':'b'          | unsupported_parameter | suffix
            'prompt':'a','token_values':true   | invalid_value | token_values
            'prompt':'a','token_values':true,'logprobs':0 | unsupported_parameter | token_values
            'prompt':'a','decode_beta':1       | unsupported_parameter | decode_beta
            'prompt':'a','decode_beta':-1      | invalid_value | decode_beta
            'prompt':'a','max_tokens':0        | invalid_value | max_tokens
            'prompt':'a','max_tokens':64       | context_length_exceeded | prompt
            """)
    void aBrokenFieldIsNamed(String fields, String code, String param) throws Exception {
        refuses(PATH, body(fields), code, param);
        assertThat(model.requests).isEmpty();
    }

    @Test
    void nullsAndUnknownFieldsAreNoObstacle() throws Exception {
        var response = post(PATH, body("'prompt':'a','suffix':null,'best_of':null,'echo':null,'logprobs':null,'x':1"));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("x-ignored-parameters")).hasValue("x");
    }
}
