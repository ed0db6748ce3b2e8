package dev.rehearse.completions;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The scripted model counts a text's letters by their codes modulo eight. */
class EmbeddingsHttpTest extends ServerTest {
    private static final String PATH = "/v1/embeddings";

    private static List<Double> numbers(JsonNode embedding) {
        return StreamSupport.stream(embedding.spliterator(), false)
                .map(JsonNode::asDouble)
                .toList();
    }

    @Test
    void aVectorHasLengthOneAndTheUsageCounts() throws Exception {
        JsonNode answer = ok(PATH, body("'input':'aab'"));
        ((ObjectNode) answer).put("model", "M");
        assertThat(answer.toString()).isEqualTo("""
                {"object":"list","data":[{"object":"embedding","index":0,\
                "embedding":[0.0,0.8944272,0.4472136,0.0,0.0,0.0,0.0,0.0]}],\
                "model":"M","usage":{"prompt_tokens":3,"total_tokens":3}}""");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            'ab'              | 1
            ['ab','c']        | 2
            [97,98]           | 1
            [[97],[98,99]]    | 2
            """)
    void inputHasFourForms(String input, int vectors) throws Exception {
        JsonNode data = ok(PATH, body("'input':" + input)).get("data");
        assertThat(data).hasSize(vectors);
        assertThat(data)
                .extracting(one -> one.get("index").asInt())
                .isEqualTo(IntStream.range(0, vectors).boxed().toList());
    }

    @Test
    void aTextHasTheSameVectorAloneAndAmongOthers() throws Exception {
        JsonNode among = ok(PATH, body("'input':['x','hello','y']")).at("/data/1/embedding");
        assertThat(ok(PATH, body("'input':'hello'")).at("/data/0/embedding")).isEqualTo(among);
    }

    @Test
    void base64IsLittleEndianFloats() throws Exception {
        String text = ok(PATH, body("'input':'aab','encoding_format':'base64'"))
                .at("/data/0/embedding")
                .asString();
        ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(text)).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(bytes.remaining()).isEqualTo(32);
        assertThat(bytes.getFloat(4)).isEqualTo(0.8944272f);
        assertThat(bytes.getFloat(8)).isEqualTo(0.4472136f);
    }

    @Test
    void fewerDimensionsAreCutAndMadeLengthOneAgain() throws Exception {
        JsonNode short2 = ok(PATH, body("'input':'aab','dimensions':2")).at("/data/0/embedding");
        assertThat(numbers(short2)).containsExactly(0.0, 1.0);
    }

    @Test
    void theSentenceModelComesWithTheService() throws Exception {
        String input = "\"input\":[\"a small dog\",\"a little hound\",\"stock prices fell\"]";
        String body = "{\"model\":\"all-MiniLM-L6-v2\"," + input + "}";
        HttpResponse<String> response = post(PATH, body);
        for (int i = 0; i < 10 && response.statusCode() == 503; i++) { // slow to read, and no time here to wait for it
            response = post(PATH, body);
        }
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonNode answer = JSON.readTree(response.body());
        List<List<Double>> vectors = StreamSupport.stream(answer.get("data").spliterator(), false)
                .map(one -> numbers(one.get("embedding")))
                .toList();
        assertThat(vectors).allMatch(vector -> vector.size() == 384);
        assertThat(dot(vectors.get(0), vectors.get(1))).isGreaterThan(dot(vectors.get(0), vectors.get(2)) + 0.3);
        assertThat(answer.at("/usage/prompt_tokens").asInt()).isBetween(9, 20);
    }

    private static double dot(List<Double> a, List<Double> b) {
        return IntStream.range(0, a.size())
                .mapToDouble(i -> a.get(i) * b.get(i))
                .sum();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            'input':null                        | missing_required_parameter | input
            'input':[]                          | invalid_value | input
            'input':''                          | invalid_value | input
            'input':['a','']                    | invalid_value | input
            'input':7                           | invalid_type  | input
            'input':['a',1]                     | invalid_type  | input[1]
            'input':[256]                       | invalid_value | input
            'input':'a','encoding_format':'hex' | invalid_value | encoding_format
            'input':'a','dimensions':0          | invalid_value | dimensions
            'input':'a','dimensions':9          | invalid_value | dimensions
            """)
    void aBrokenFieldIsNamed(String fields, String code, String param) throws Exception {
        refuses(PATH, body(fields), code, param);
    }

    @Test
    void tooManyOrTooLongInputsAreRefused() throws Exception {
        String many = IntStream.range(0, 2049).mapToObj(i -> "'a'").collect(Collectors.joining(",", "[", "]"));
        refuses(PATH, body("'input':" + many), "invalid_value", "input");
        refuses(PATH, body("'input':'" + "x".repeat(65) + "'"), "context_length_exceeded", "input");
        ok(PATH, body("'input':'" + "x".repeat(64) + "'"));
        refuses(PATH, "{\"model\":\"all-MiniLM-L6-v2\",\"input\":[1,2]}", "unsupported_parameter", "input");
    }

    @Test
    void nullsAndUnknownFieldsAreNoObstacle() throws Exception {
        HttpResponse<String> response =
                post(PATH, body("'input':'a','encoding_format':null,'dimensions':null,'user':null,'x':1"));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("x-ignored-parameters")).hasValue("x");
    }
}
