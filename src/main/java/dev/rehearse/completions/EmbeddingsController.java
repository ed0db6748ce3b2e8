package dev.rehearse.completions;

import dev.rehearse.completions.EmbeddingRequest.Encoding;
import dev.rehearse.web.ClientConnection;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.ExampleObject;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** OpenAI's embeddings endpoint. Any thread. */
@RestController
@Tag(name = "Embeddings", description = "Texts as vectors: of a model's own states, or of all-MiniLM-L6-v2")
final class EmbeddingsController {
    private static final String TWO = """
            {"model":"all-MiniLM-L6-v2","input":["a small dog","a little hound"]}""";
    private static final String SHORT = """
            {"model":"all-MiniLM-L6-v2","input":"a small dog","encoding_format":"base64","dimensions":64}""";

    private final Embeddings embeddings;

    EmbeddingsController(Embeddings embeddings) {
        this.embeddings = embeddings;
    }

    /** @throws dev.rehearse.web.ApiException as the envelope says */
    @PostMapping("/v1/embeddings")
    @Operation(
            summary = "One vector of length 1 for each text",
            requestBody =
                    @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            content =
                                    @Content(
                                            mediaType = "application/json",
                                            examples = {
                                                @ExampleObject(name = "two texts", value = TWO),
                                                @ExampleObject(name = "64 numbers", value = SHORT)
                                            })))
    ResponseEntity<JsonNode> embed(@RequestBody JsonNode body, HttpServletRequest http) {
        EmbeddingRequest request = EmbeddingRequest.of(body);
        List<Embeddings.Vector> vectors = embeddings.of(request, ClientConnection.of(http));
        ResponseEntity.BodyBuilder response = ResponseEntity.ok().contentType(MediaType.APPLICATION_JSON);
        if (!request.ignored().isEmpty()) {
            response.header(IgnoredParameters.HEADER, IgnoredParameters.headerValue(request.ignored()));
        }
        return response.body(json(request, vectors));
    }

    private static ObjectNode json(EmbeddingRequest request, List<Embeddings.Vector> vectors) {
        ObjectNode answer = JsonNodeFactory.instance.objectNode().put("object", "list");
        ArrayNode data = answer.putArray("data");
        for (int i = 0; i < vectors.size(); i++) {
            ObjectNode one = data.addObject().put("object", "embedding").put("index", i);
            float[] numbers = vectors.get(i).numbers();
            if (request.encoding() == Encoding.BASE64) {
                one.put("embedding", base64(numbers));
            } else {
                ArrayNode all = one.putArray("embedding");
                for (float number : numbers) {
                    all.add(number);
                }
            }
        }
        int tokens = vectors.stream().mapToInt(Embeddings.Vector::tokens).sum();
        answer.put("model", request.model());
        answer.putObject("usage").put("prompt_tokens", tokens).put("total_tokens", tokens);
        return answer;
    }

    private static String base64(float[] numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(numbers.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(numbers);
        return Base64.getEncoder().encodeToString(bytes.array());
    }
}
