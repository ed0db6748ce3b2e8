package dev.rehearse.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.Api;
import dev.rehearse.ServiceTest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;
import tools.jackson.databind.JsonNode;

@ServiceTest
class ApiDescriptionTest {
    private static final Pattern VARIABLE = Pattern.compile("\\{([^}]+)}");
    private static final String JOBS = "/v1/fine_tuning/jobs";

    @LocalServerPort
    int port;

    @Autowired
    @Qualifier("requestMappingHandlerMapping")
    RequestMappingHandlerMapping endpoints;

    private Api api;
    private JsonNode description;

    @BeforeEach
    void read() {
        api = new Api(port);
        description = api.get("/v3/api-docs").body();
    }

    @Test
    void everyEndpointIsDescribed() {
        Set<String> described = new HashSet<>();
        forEachOperation((name, operation) -> {
            described.add(name);
            assertThat(operation.path("summary").asString("")).as(name).isNotBlank();
            assertThat(operation.path("tags").isEmpty()).as(name).isFalse();
        });
        Set<String> served = new HashSet<>();
        endpoints.getHandlerMethods().keySet().forEach(mapping -> {
            for (RequestMethod method : mapping.getMethodsCondition().getMethods()) {
                mapping.getPatternValues().stream()
                        .filter(path -> path.startsWith("/v1/"))
                        .forEach(path -> served.add(method + " " + path));
            }
        });
        assertThat(described).isEqualTo(served).hasSizeGreaterThan(30);
    }

    /** What OpenAPI 3.1 asks of a document and its own schema for documents cannot check is checked here, too. */
    @Test
    void theDescriptionIsValid() {
        assertThat(description.path("openapi").asString("")).startsWith("3.1.");
        assertThat(description.at("/info/title").asString("")).isNotBlank();
        assertThat(description.at("/info/version").asString("")).isNotBlank();
        List<String> operations = new ArrayList<>();
        forEachOperation((name, operation) -> {
            operations.add(operation.path("operationId").asString(""));
            List<String> inPath = new ArrayList<>();
            for (JsonNode parameter : operation.path("parameters")) {
                assertThat(parameter.path("in").asString("")).as(name).isIn("path", "query", "header");
                assertThat(parameter.path("schema").isObject()).as(name).isTrue();
                if (parameter.path("in").asString("").equals("path")) {
                    inPath.add(parameter.path("name").asString(""));
                    assertThat(parameter.path("required").asBoolean(false))
                            .as(name)
                            .isTrue();
                    assertThat(parameter.at("/schema/type").asString(""))
                            .as(name)
                            .isEqualTo("string");
                }
            }
            assertThat(inPath)
                    .containsExactlyElementsOf(VARIABLE.matcher(name)
                            .results()
                            .map((MatchResult variable) -> variable.group(1))
                            .toList());
            assertThat(operation.path("responses").propertyNames()).as(name).contains("200", "default");
            for (JsonNode response : operation.path("responses")) {
                assertThat(response.path("description").asString("")).as(name).isNotBlank();
            }
        });
        assertThat(operations).doesNotHaveDuplicates().doesNotContain("");
        List<JsonNode> references = description.findValues("$ref");
        assertThat(references).isNotEmpty();
        for (JsonNode reference : references) {
            assertThat(description.at(reference.asString("").substring(1)).isMissingNode())
                    .as(reference.toString())
                    .isFalse();
        }
    }

    @Test
    void anErrorIsDescribedAsItComes() {
        JsonNode schema = description.at("/components/schemas/Details/properties");
        assertThat(schema.propertyNames())
                .isEqualTo(api.get("/v1/nonsense").error().propertyNames());
    }

    @Test
    void anUploadIsDescribedAsAForm() {
        JsonNode upload = description.path("paths").path("/v1/files").path("post");
        assertThat(upload.path("parameters").isEmpty()).isTrue();
        JsonNode form =
                upload.at("/requestBody/content").path("multipart/form-data").path("schema");
        assertThat(form.path("required").toString()).contains("file", "purpose");
        assertThat(form.path("properties").propertyNames())
                .containsExactlyInAnyOrder("file", "purpose", "expires_after[anchor]", "expires_after[seconds]");
    }

    /** With ids where the examples have {@code …}. */
    @Test
    void theExamplesOfJobsRun() {
        String file = api.trainingFile();
        String prompts = api.upload("prompts.jsonl", "{\"prompt\":\"h i\",\"reference\":\"HH AY\"}\n")
                .id();
        String model = null;
        for (String name : List.of("supervised", "reinforcement")) {
            String body = example(JOBS, name)
                    .replace("ft:gpt2-tiny:local:pronounce:…", String.valueOf(model))
                    .replace("file-…", model == null ? file : prompts);
            Api.Answer created = api.post(JOBS, body);
            assertThat(created.status()).as(created.text()).isEqualTo(200);
            model = api.awaitStatus(created.id(), "succeeded")
                    .path("fine_tuned_model")
                    .asString("");
        }
        JsonNode estimate = api.post(
                        JOBS + "/estimate",
                        example(JOBS + "/estimate", "supervised").replace("file-…", file))
                .body();
        assertThat(estimate.path("valid").asBoolean(false))
                .as(estimate.toString())
                .isTrue();
    }

    private String example(String path, String name) {
        return description
                .path("paths")
                .path(path)
                .at("/post/requestBody/content")
                .path("application/json")
                .path("examples")
                .path(name)
                .path("value")
                .toString();
    }

    /** By method and path. */
    private void forEachOperation(BiConsumer<String, JsonNode> look) {
        for (Map.Entry<String, JsonNode> path : description.path("paths").properties()) {
            for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
                look.accept(operation.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey(), operation.getValue());
            }
        }
    }
}
