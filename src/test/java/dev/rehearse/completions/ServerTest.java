package dev.rehearse.completions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.generation.Completion;
import dev.rehearse.generation.FinishReason;
import dev.rehearse.models.ModelLoader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A server with completions, models and nothing else, whose one trained model follows a script. */
@SpringBootTest(
        classes = ServerTest.Server.class,
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "spring.datasource.url=jdbc:h2:mem:completions;MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE",
            "rehearse.completions.ping=50ms",
            "rehearse.completions.timeout=2s",
            "rehearse.completions.stream-buffer=64",
            "rehearse.completions.max-streams=3",
            "rehearse.completions.max-replies=32",
            "rehearse.models.max-loaded=1000",
            "server.tomcat.connection-timeout=60s"
        })
@Timeout(30)
abstract class ServerTest {
    static final JsonMapper JSON = new JsonMapper();
    private static final Map<String, ScriptedModel> LOADED = new ConcurrentHashMap<>();
    private static final Path DATA = temporary();

    /** No configuration by itself: the service that benchmarks start on this class path would find it. */
    @EnableAutoConfiguration
    @ConfigurationPropertiesScan("dev.rehearse")
    @ComponentScan({"dev.rehearse.completions", "dev.rehearse.models", "dev.rehearse.web"})
    static class Server {
        @Bean
        ModelLoader loader() {
            return model -> LOADED.computeIfAbsent(model.id(), id -> new ScriptedModel());
        }
    }

    @LocalServerPort
    int port;

    final HttpClient http = HttpClient.newHttpClient();
    /** Fresh for each test, so that tests share nothing. */
    String modelId;

    ScriptedModel model;

    @DynamicPropertySource
    static void data(DynamicPropertyRegistry registry) {
        registry.add("rehearse.data-dir", DATA::toString);
    }

    @BeforeEach
    void putAModelThere() throws IOException {
        modelId = "m" + LOADED.size();
        Path directory = Files.createDirectories(DATA.resolve("models").resolve(modelId));
        Files.writeString(directory.resolve("config.json"), "{\"n_positions\":64}");
        model = new ScriptedModel();
        LOADED.put(modelId, model);
    }

    /** The directory of this test's model is written anew. */
    void replaceTheModel() throws IOException {
        Path config = DATA.resolve("models").resolve(modelId).resolve("config.json");
        Files.setLastModifiedTime(config, FileTime.from(Instant.parse("2030-01-01T00:00:00Z")));
    }

    static void put(String id, ScriptedModel model) {
        LOADED.put(id, model);
    }

    static Completion completion(String text) {
        return new Completion(text, List.of(), FinishReason.STOP, 1);
    }

    /** A body for the model of this test: the given fields after {@code "model"}. */
    String body(String fields) {
        return "{\"model\":\"" + modelId + "\"," + fields.replace('\'', '"') + "}";
    }

    HttpResponse<String> post(String path, String body, String... headers) throws Exception {
        return http.send(request(path, body, headers), BodyHandlers.ofString());
    }

    HttpRequest request(String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return request.build();
    }

    JsonNode ok(String path, String body) throws Exception {
        HttpResponse<String> response = post(path, body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    void refuses(String path, String body, String code, String param) throws Exception {
        HttpResponse<String> response = post(path, body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        JsonNode error = JSON.readTree(response.body()).get("error");
        assertThat(error.propertyNames()).containsExactlyInAnyOrder("message", "type", "param", "code");
        assertThat(error.get("type").stringValue()).isEqualTo("invalid_request_error");
        assertThat(error.get("code").asString()).as(response.body()).isEqualTo(code);
        assertThat(error.get("param").asString()).as(response.body()).isEqualTo(param);
    }

    /** The JSON with what differs on each call replaced. */
    static String settled(JsonNode answer) {
        ObjectNode copy = (ObjectNode) answer.deepCopy();
        assertThat(copy.get("created").isIntegralNumber()).isTrue();
        copy.put("id", "ID").put("created", 0).put("model", "M").put("system_fingerprint", "FP");
        return copy.toString();
    }

    /** The JSON of every event but the last, which must be {@code [DONE]}. */
    static List<JsonNode> chunks(String stream) {
        List<String> frames = Arrays.stream(stream.split("\n\n"))
                .filter(frame -> !frame.startsWith(":"))
                .toList();
        assertThat(frames).allMatch(frame -> frame.startsWith("data: "));
        assertThat(frames.get(frames.size() - 1)).isEqualTo("data: [DONE]");
        return frames.subList(0, frames.size() - 1).stream()
                .map(frame -> JSON.readTree(frame.substring("data: ".length())))
                .toList();
    }

    private static Path temporary() {
        try {
            return Files.createTempDirectory("rehearse-completions");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
