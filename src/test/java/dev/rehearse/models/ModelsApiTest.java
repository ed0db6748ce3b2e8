package dev.rehearse.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.Api;
import dev.rehearse.ScriptedTraining;
import dev.rehearse.ServiceTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.util.FileSystemUtils;
import tools.jackson.databind.JsonNode;

@ServiceTest
class ModelsApiTest {
    private static final String MODELS = "/v1/models";
    private static final Path GPT2 = Path.of("src/test/resources/dev/rehearse/networks/gpt2-tanh");

    @LocalServerPort
    int port;

    @Value("${rehearse.data-dir}")
    Path data;

    @Autowired
    ModelCatalog catalog;

    @Autowired
    ScriptedTraining training;

    private Api api;

    @BeforeEach
    void open() throws IOException {
        api = new Api(port);
        Files.createDirectories(data.resolve("models"));
    }

    @AfterEach
    void removeImports() throws IOException {
        FileSystemUtils.deleteRecursively(data.resolve("models"));
    }

    @Test
    void aDirectoryThatIsPutThereIsAModelAtOnceAndGoneWithIt() throws IOException {
        is(api.get(MODELS + "/mine"), 404, "model_not_found");
        Path directory = imported("mine");
        JsonNode model = api.get(MODELS + "/mine").body();
        assertThat(model.path("object").asString("")).isEqualTo("model");
        assertThat(model.path("owned_by").asString("")).isEqualTo("rehearse");
        assertThat(model.path("parameters").asLong()).isPositive();
        assertThat(model.has("problem")).isFalse();
        assertThat(listed()).contains("mine");
        is(api.delete(MODELS + "/mine"), 403, null);
        assertThat(directory).exists();
        FileSystemUtils.deleteRecursively(directory);
        is(api.get(MODELS + "/mine"), 404, "model_not_found");
    }

    @Test
    void aDirectoryThatIsNoModelIsListedWithTheReason() throws IOException {
        Path directory = imported("broken");
        Files.delete(directory.resolve("tokenizer.json"));
        assertThat(problem()).isEqualTo("tokenizer.json is missing");
        Files.delete(directory.resolve("model.safetensors"));
        assertThat(problem()).contains("safetensors");
        Files.writeString(directory.resolve("config.json"), "{\"model_type\":\"mamba\"}");
        assertThat(problem()).contains("mamba");
        for (String config : List.of("", "[", "7", "{\"model_type\":7}", "{\"model_type\":\"gpt2\",\"n_embd\":1e99}")) {
            Files.writeString(directory.resolve("config.json"), config);
            assertThat(problem()).as(config).isNotBlank();
        }
        assertThat(listed()).contains("broken", "gpt2-tiny");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "..%2F..%2F..%2Fetc",
                "..",
                "%2E%2E",
                ".hidden",
                "meta-llama%2FLlama-3",
                "a%20b",
                "%E2%80%AEx",
                "%F0%9F%99%82",
                "ft:a:b::c%00"
            })
    void aHostileNameIsNoModel(String id) throws IOException {
        for (Api.Answer answer : List.of(
                api.get(MODELS + "/" + id), api.delete(MODELS + "/" + id), api.get(MODELS + "/" + id + "/export"))) {
            assertThat(answer.status()).as(id + " " + answer.text()).isIn(400, 404, 405);
            answer.error();
        }
    }

    @Test
    void aNameThatIsTooLongIsNoModel() {
        is(api.get(MODELS + "/" + "x".repeat(5_000)), 404, "model_not_found");
        is(api.get(MODELS + "/" + "x".repeat(5_000) + "/export"), 404, "model_not_found");
    }

    @Test
    void aModelThatAJobMadeIsRetrievedExportedAndDeleted() throws Exception {
        String id = tuned(701);
        assertThat(api.get(MODELS + "/" + id).body().path("parent").asString(""))
                .isEqualTo("gpt2-tiny");
        HttpResponse<byte[]> export = export(id, "");
        assertThat(export.statusCode()).isEqualTo(200);
        assertThat(export.headers().firstValue("content-type")).contains("application/zip");
        assertThat(export.headers().firstValue("content-disposition").orElse(""))
                .startsWith("attachment;")
                .contains(id.replace(':', '-') + ".zip");
        assertThat(entries(export.body())).containsExactly("config.json", "model.safetensors");
        assertThat(export(id, "?form=model").body()).isEqualTo(export.body());
        assertThat(api.delete(MODELS + "/" + id).body().path("deleted").asBoolean(false))
                .isTrue();
        is(api.get(MODELS + "/" + id + "/export"), 404, "model_not_found");
        is(api.delete(MODELS + "/" + id), 404, "model_not_found");
    }

    @Test
    void anAdapterIsExportedAlone() throws Exception {
        Path directory = data.resolve("runs/by-hand");
        Files.createDirectories(directory.resolve("adapter"));
        Files.writeString(directory.resolve("config.json"), "{}");
        Files.writeString(directory.resolve("adapter/adapter_config.json"), "{}");
        Files.writeString(directory.resolve("adapter/adapter_model.safetensors"), "weights");
        catalog.publish(Model.tuned("ft:a:b::lora", Instant.now(), "b", "a", directory));
        HttpResponse<byte[]> export = export("ft:a:b::lora", "?form=adapter");
        assertThat(entries(export.body())).containsExactly("adapter_config.json", "adapter_model.safetensors");
        assertThat(export.headers().firstValue("content-disposition").orElse(""))
                .contains("ft-a-b--lora-adapter.zip");
        assertThat(entries(export("ft:a:b::lora", "").body()))
                .containsExactly("adapter/adapter_config.json", "adapter/adapter_model.safetensors", "config.json");
        assertThat(api.delete(MODELS + "/ft:a:b::lora").status()).isEqualTo(200);
    }

    @Test
    void whatCannotBeExportedIsRefusedByName() throws IOException {
        imported("mine");
        is(api.get(MODELS + "/gpt2-tiny/export"), 400, "model_not_trained");
        is(api.get(MODELS + "/mine/export?form=adapter"), 400, "invalid_value");
        is(api.get(MODELS + "/mine/export?form=gguf"), 400, "invalid_value");
    }

    @Test
    void aModelThatAJobStartsFromStays() {
        String id = tuned(702);
        ScriptedTraining.Held held = training.hold(703);
        String job = api.createJob(Map.of("training_file", api.trainingFile(), "model", id, "seed", 703))
                .id();
        held.awaitEntered();
        Api.Answer refused = api.delete(MODELS + "/" + id);
        is(refused, 400, "model_in_use");
        assertThat(refused.error().path("message").asString("")).contains(job);
        held.letGo();
        api.awaitStatus(job, "succeeded");
        assertThat(api.delete(MODELS + "/" + id).status()).isEqualTo(200);
    }

    @Test
    void aModelThatIsBeingExportedStays() throws Exception {
        Path directory = Files.createDirectories(data.resolve("runs/large"));
        Files.writeString(directory.resolve("config.json"), "{}");
        byte[] weights = new byte[20_000_000]; // more than the buffers of a connection
        new Random(1).nextBytes(weights);
        Files.write(directory.resolve("model.safetensors"), weights);
        catalog.publish(Model.tuned("ft:a:b::large", Instant.now(), "b", "a", directory));
        try (Socket socket = new Socket("localhost", port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream()
                    .write(("GET " + MODELS
                                    + "/ft:a:b::large/export HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            InputStream export = socket.getInputStream();
            assertThat(export.read()).isEqualTo('H');
            Api.Answer refused = api.delete(MODELS + "/ft:a:b::large");
            is(refused, 400, "model_in_use");
            assertThat(refused.error().path("message").asString("")).contains("exported");
            export.readAllBytes();
        }
        assertThat(api.delete(MODELS + "/ft:a:b::large").status()).isEqualTo(200);
    }

    /** This file is there and cannot be read. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void anExportThatBreaksIsCutAndDoesNotLookWhole() throws Exception {
        Path directory = imported("unreadable");
        Files.createSymbolicLink(directory.resolve("z.bin"), Path.of("/proc/self/mem"));
        byte[] weights = new byte[1_000_000];
        new Random(1).nextBytes(weights);
        Files.write(directory.resolve("model.safetensors"), weights);
        assertThatThrownBy(() -> export("unreadable", "")).isInstanceOf(IOException.class);
        Files.delete(directory.resolve("model.safetensors"));
        Files.delete(directory.resolve("tokenizer.json"));
        Api.Answer early = api.get(MODELS + "/unreadable/export");
        is(early, 500, null);
        assertThat(early.headers().firstValue("content-disposition")).isEmpty();
        assertThat(early.error().path("type").asString("")).isEqualTo("server_error");
        assertThat(early.error().path("message").asString(""))
                .contains(early.headers().firstValue("x-request-id").orElseThrow());
    }

    private Path imported(String name) throws IOException {
        Path directory = Files.createDirectories(data.resolve("models").resolve(name));
        for (String file : List.of("config.json", "model.safetensors")) {
            Files.copy(GPT2.resolve(file), directory.resolve(file));
        }
        Files.writeString(directory.resolve("tokenizer.json"), "{}");
        return directory;
    }

    private String problem() {
        return api.get(MODELS + "/broken").body().path("problem").asString("");
    }

    private List<String> listed() {
        List<String> ids = new ArrayList<>();
        api.get(MODELS)
                .body()
                .path("data")
                .forEach(model -> ids.add(model.path("id").asString("")));
        return ids;
    }

    private String tuned(int seed) {
        String job = api.createJob(api.trainingFile(), seed).id();
        return api.awaitStatus(job, "succeeded").path("fine_tuned_model").asString("");
    }

    private HttpResponse<byte[]> export(String id, String query) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(api.request(MODELS + "/" + id + "/export" + query).build(), BodyHandlers.ofByteArray());
    }

    private static List<String> entries(byte[] archive) throws IOException {
        List<String> names = new ArrayList<>();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                names.add(entry.getName());
            }
        }
        return names;
    }

    private static void is(Api.Answer answer, int status, String code) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.error().path("code").asString(null)).isEqualTo(code);
    }
}
