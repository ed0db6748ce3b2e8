package dev.rehearse.completions;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class DescriptionHttpTest extends ServerTest {
    @ParameterizedTest
    @ValueSource(strings = {"/v1/chat/completions", "/v1/completions"})
    void theExamplesOfTheDescriptionRun(String path) throws Exception {
        URI uri = URI.create("http://localhost:" + port + "/v3/api-docs");
        HttpResponse<String> description = http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
        JsonNode examples = JSON.readTree(description.body())
                .at("/paths")
                .get(path)
                .at("/post/requestBody/content")
                .get("application/json")
                .get("examples");
        assertThat(examples.isEmpty()).isFalse();
        for (JsonNode example : examples) {
            JsonNode value = example.get("value");
            ObjectNode body = (ObjectNode) (value.isString() ? JSON.readTree(value.stringValue()) : value);
            HttpResponse<String> answer = post(path, body.put("model", modelId).toString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        }
    }
}
