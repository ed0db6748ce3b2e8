package dev.rehearse.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.Api;
import dev.rehearse.ServiceTest;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;

@ServiceTest
class FilesApiTest {
    private static final byte[] BYTES = "{\"prompt\":\"ä\"}\n".getBytes();

    @LocalServerPort
    int port;

    @Value("${rehearse.data-dir}")
    Path data;

    private Api api;

    @BeforeEach
    void open() {
        api = new Api(port);
    }

    @Test
    void anUploadComesBackAsItWas() {
        JsonNode file = api.upload("wörter.jsonl", new String(BYTES)).body();
        assertThat(file.propertyNames())
                .containsExactlyInAnyOrder("id", "object", "bytes", "created_at", "filename", "purpose", "status");
        assertThat(file.path("id").asString("")).startsWith("file-");
        assertThat(file.path("object").asString("")).isEqualTo("file");
        assertThat(file.path("bytes").asInt()).isEqualTo(BYTES.length);
        assertThat(file.path("filename").asString("")).isEqualTo("wörter.jsonl");
        assertThat(file.path("purpose").asString("")).isEqualTo("fine-tune");
        assertThat(file.path("status").asString("")).isEqualTo("processed");
        String path = "/v1/files/" + file.path("id").asString("");
        assertThat(api.get(path).body()).isEqualTo(file);
        Api.Answer content = api.get(path + "/content", "Accept", "application/binary");
        assertThat(content.status()).isEqualTo(200);
        assertThat(content.text()).isEqualTo(new String(BYTES));
    }

    @Test
    void aDeletedFileIsGone() {
        String id = api.trainingFile();
        Api.Answer deleted = api.delete("/v1/files/" + id);
        assertThat(deleted.status()).isEqualTo(200);
        assertThat(deleted.text()).isEqualTo("{\"id\":\"" + id + "\",\"object\":\"file\",\"deleted\":true}");
        assertThat(data.resolve("files").resolve(id)).doesNotExist();
        for (Api.Answer answer : List.of(
                api.get("/v1/files/" + id), api.get("/v1/files/" + id + "/content"), api.delete("/v1/files/" + id))) {
            assertThat(answer.status()).isEqualTo(404);
            assertThat(answer.error().path("message").asString("")).isEqualTo("No such File object: " + id);
        }
    }

    @Test
    void aFileOverTheLimitIsRefusedWith413AndLeavesNothing() {
        String[] before = data.resolve("files").toFile().list();
        Api.Answer answer = api.upload("big.jsonl", new byte[1_100_000], Map.of("purpose", "fine-tune"));
        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.error().path("param").asString("")).isEqualTo("file");
        Api.Answer muchBigger = api.upload("big.jsonl", new byte[9_000_000], Map.of("purpose", "fine-tune"));
        assertThat(muchBigger.status()).isEqualTo(413);
        assertThat(data.resolve("files").toFile().list()).containsExactlyInAnyOrder(before);
        assertThat(data.resolve("files/.incoming").toFile().list()).isEmpty();
    }

    @Test
    void badUploadsAreRefusedByName() {
        refused(api.upload("x.txt", "{}"), "invalid_value", "file");
        refused(api.upload("x.jsonl", ""), "invalid_value", "file");
        refused(api.upload("x.jsonl", BYTES, Map.of("purpose", "fun")), "invalid_value", "purpose");
        refused(api.upload("x.jsonl", BYTES, Map.of()), "missing_required_parameter", "purpose");
        Map<String, String> brief =
                Map.of("purpose", "evals", "expires_after[anchor]", "created_at", "expires_after[seconds]", "5");
        refused(api.upload("x.jsonl", BYTES, brief), "invalid_value", "expires_after.seconds");
        HttpRequest.Builder noFile = api.request("/v1/files")
                .header("content-type", "multipart/form-data; boundary=b")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nevals\r\n--b--\r\n"));
        refused(api.send(noFile), "missing_required_parameter", "file");
        HttpRequest.Builder broken = api.request("/v1/files")
                .header("content-type", "multipart/form-data; boundary=b")
                .POST(HttpRequest.BodyPublishers.ofString("--b\r\nnonsense"));
        assertThat(api.send(broken).status()).isEqualTo(400);
    }

    @Test
    void aFileThatExpiresSaysWhen() {
        JsonNode file = api.upload(
                        "x.txt",
                        BYTES,
                        Map.of(
                                "purpose",
                                "evals",
                                "expires_after[anchor]",
                                "created_at",
                                "expires_after[seconds]",
                                "3600"))
                .body();
        assertThat(file.path("expires_at").asLong() - file.path("created_at").asLong())
                .isEqualTo(3600);
    }

    @Test
    void pagesJoinInBothOrders() {
        for (int i = 0; i < 5; i++) {
            api.upload("x.json", BYTES, Map.of("purpose", "batch"));
        }
        List<String> newestFirst = paged("desc", false);
        assertThat(newestFirst).hasSizeGreaterThanOrEqualTo(5).doesNotHaveDuplicates();
        List<String> oldestFirst = paged("asc", false);
        Collections.reverse(oldestFirst);
        assertThat(oldestFirst).isEqualTo(newestFirst);
        JsonNode page = api.get("/v1/files?purpose=batch&limit=2").body();
        assertThat(page.path("first_id").asString("")).isEqualTo(newestFirst.get(0));
        assertThat(page.path("last_id").asString("")).isEqualTo(newestFirst.get(1));
        assertThat(page.path("has_more").asBoolean(false)).isTrue();
    }

    @Test
    void whoDeletesWhilePagingMissesNothing() {
        for (int i = 0; i < 5; i++) {
            api.upload("x.json", BYTES, Map.of("purpose", "batch"));
        }
        paged("desc", true);
        assertThat(paged("desc", false)).isEmpty();
        JsonNode empty = api.get("/v1/files?purpose=batch").body();
        assertThat(empty.path("first_id").isNull()).isTrue();
        assertThat(empty.path("has_more").asBoolean(true)).isFalse();
    }

    @Test
    void badListsAreRefusedByName() {
        refused(api.get("/v1/files?limit=10001"), "invalid_value", "limit");
        refused(api.get("/v1/files?order=random"), "invalid_value", "order");
        refused(api.get("/v1/files?after=file-nobody"), "invalid_value", "after");
        refused(api.get("/v1/files?purpose=fun"), "invalid_value", "purpose");
    }

    private List<String> paged(String order, boolean delete) {
        List<String> ids = new ArrayList<>();
        String after = "";
        JsonNode page;
        do {
            page = api.get("/v1/files?purpose=batch&limit=2&order=" + order + after)
                    .body();
            page.path("data").forEach(file -> ids.add(file.path("id").asString("")));
            if (delete) {
                page.path("data")
                        .forEach(file ->
                                api.delete("/v1/files/" + file.path("id").asString("")));
            }
            after = "&after=" + page.path("last_id").asString("");
        } while (page.path("has_more").asBoolean(false));
        return ids;
    }

    private static void refused(Api.Answer answer, String code, String param) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.error().path("code").asString("")).isEqualTo(code);
        assertThat(answer.error().path("param").asString("")).isEqualTo(param);
    }
}
