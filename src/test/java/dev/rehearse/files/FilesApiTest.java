package dev.rehearse.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.Api;
import dev.rehearse.ScriptedTraining;
import dev.rehearse.ServiceTest;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.scheduling.config.ScheduledTaskHolder;
import tools.jackson.databind.JsonNode;

@ServiceTest
class FilesApiTest {
    private static final byte[] BYTES = "{\"prompt\":\"ä\"}\n".getBytes();

    @LocalServerPort
    int port;

    @Value("${rehearse.data-dir}")
    Path data;

    @Autowired
    ScriptedTraining training;

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

    @ParameterizedTest
    @ValueSource(strings = {"assistants", "batch", "vision", "user_data", "fine-tune-results", "FINE_TUNE", ""})
    void whatNothingHereReadsIsRefusedWithWhatIsAllowed(String purpose) {
        Api.Answer answer = api.upload("x.jsonl", BYTES, Map.of("purpose", purpose));
        refused(answer, "invalid_value", "purpose");
        assertThat(answer.error().path("message").asString(""))
                .contains("fine-tune, evals")
                .doesNotContain("batch,");
    }

    @ParameterizedTest
    @CsvSource({
        "../../../x.jsonl, x.jsonl",
        "/etc/cron.d/x.jsonl, x.jsonl",
        "C:\\dir\\x.jsonl, x.jsonl",
        "<script>alert(1)<script>.jsonl, <script>alert(1)<script>.jsonl",
        "'a b; filename=c.jsonl', 'a b; filename=c.jsonl'",
        "%2e%2e%2fx.jsonl, %2e%2e%2fx.jsonl",
        "🙂.JSONL, 🙂.JSONL"
    })
    void aNameIsOnlyAName(String given, String kept) {
        JsonNode file = api.upload(given, new String(BYTES)).body();
        assertThat(file.path("filename").asString("")).isEqualTo(kept);
        Api.Answer content = api.get("/v1/files/" + file.path("id").asString("") + "/content");
        assertThat(content.text()).isEqualTo(new String(BYTES));
        assertThat(content.headers().firstValue("content-disposition").orElse(""))
                .startsWith("attachment;");
        assertThat(data.resolve("files").resolve(file.path("id").asString(""))).exists();
    }

    @Test
    void aLongNameIsKeptAndATooLongOneRefused() {
        String longest = "語".repeat(249) + ".jsonl";
        assertThat(api.upload(longest, new String(BYTES))
                        .body()
                        .path("filename")
                        .asString(""))
                .isEqualTo(longest);
        for (String name : List.of("x" + longest, "a\tb.jsonl", "dir/", " ")) {
            refused(api.upload(name, new String(BYTES)), "invalid_value", "file");
        }
        Api.Answer huge = api.upload("x".repeat(1_000_000) + ".jsonl", new String(BYTES));
        assertThat(huge.status()).as(huge.text()).isEqualTo(413);
        assertThat(huge.error().path("message").asString("")).containsIgnoringCase("header");
    }

    @Test
    void anUploadThatBreaksOffLeavesNothing() throws Exception {
        String[] before = data.resolve("files").toFile().list();
        try (Socket socket = new Socket("localhost", port)) {
            String head = "POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500000\r\n"
                    + "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
                    + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.jsonl\"\r\n\r\n";
            socket.getOutputStream().write((head + "x".repeat(200_000)).getBytes());
            socket.getOutputStream().flush();
            awaitIncoming(files -> files.length == 1);
        }
        awaitIncoming(files -> files.length == 0);
        assertThat(data.resolve("files").toFile().list()).containsExactlyInAnyOrder(before);
    }

    @Test
    void aFileInUseStays() {
        ScriptedTraining.Held held = training.hold(601);
        String id = api.trainingFile();
        String job = api.createJob(id, 601).id();
        held.awaitEntered();
        Api.Answer refused = api.delete("/v1/files/" + id);
        refused(refused, "file_in_use", "id");
        assertThat(refused.error().path("message").asString("")).contains(job);
        assertThat(api.get("/v1/files/" + id + "/content").status()).isEqualTo(200);
        held.letGo();
        api.awaitStatus(job, "succeeded");
        assertThat(api.delete("/v1/files/" + id).status()).isEqualTo(200);
    }

    @Test
    void partsOfAFileCanBeHad() {
        String path = "/v1/files/" + api.upload("x.jsonl", "0123456789").id() + "/content";
        assertThat(api.get(path).headers().firstValue("accept-ranges")).contains("bytes");
        Api.Answer part = api.get(path, "Range", "bytes=2-4");
        assertThat(part.status()).isEqualTo(206);
        assertThat(part.text()).isEqualTo("234");
        assertThat(part.headers().firstValue("content-range")).contains("bytes 2-4/10");
        assertThat(api.get(path, "Range", "bytes=-3").text()).isEqualTo("789");
        assertThat(api.get(path, "Range", "bytes=8-99").text()).isEqualTo("89");
        assertThat(api.get(path, "Range", "bytes=0-0,9-9").text()).contains("bytes 0-0/10", "bytes 9-9/10");
        Api.Answer head = api.send(api.request(path).method("HEAD", HttpRequest.BodyPublishers.noBody()));
        assertThat(head.headers().firstValue("content-length")).contains("10");
        assertThat(head.text()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"bytes=10-", "bytes=5-2", "bytes=x", "lines=1-2", "bytes=-", "bytes=0-9,0-9,0-9"})
    void aPartThatIsNotThereIsRefusedWithTheLength(String range) {
        String path = "/v1/files/" + api.upload("x.jsonl", "0123456789").id() + "/content";
        Api.Answer answer = api.get(path, "Range", range);
        assertThat(answer.status()).as(answer.text()).isEqualTo(416);
        assertThat(answer.error().path("code").asString("")).isEqualTo("invalid_range");
        assertThat(answer.headers().firstValue("content-range")).contains("bytes */10");
        assertThat(answer.headers().firstValue("content-type").orElse("")).startsWith("application/json");
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
            api.upload("x.json", BYTES, Map.of("purpose", "evals"));
        }
        List<String> newestFirst = paged("desc", false);
        assertThat(newestFirst).hasSizeGreaterThanOrEqualTo(5).doesNotHaveDuplicates();
        List<String> oldestFirst = paged("asc", false);
        Collections.reverse(oldestFirst);
        assertThat(oldestFirst).isEqualTo(newestFirst);
        JsonNode page = api.get("/v1/files?purpose=evals&limit=2").body();
        assertThat(page.path("first_id").asString("")).isEqualTo(newestFirst.get(0));
        assertThat(page.path("last_id").asString("")).isEqualTo(newestFirst.get(1));
        assertThat(page.path("has_more").asBoolean(false)).isTrue();
    }

    @Test
    void whoDeletesWhilePagingMissesNothing() {
        for (int i = 0; i < 5; i++) {
            api.upload("x.json", BYTES, Map.of("purpose", "evals"));
        }
        paged("desc", true);
        assertThat(paged("desc", false)).isEmpty();
        JsonNode empty = api.get("/v1/files?purpose=evals").body();
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

    @Test
    void theSweepIsScheduled(@Autowired ScheduledTaskHolder tasks) {
        assertThat(tasks.getScheduledTasks()).anyMatch(task -> task.toString().contains("FileSweep.sweep"));
    }

    private void awaitIncoming(Predicate<String[]> expected) {
        api.await(
                "/livez",
                ignored -> expected.test(Objects.requireNonNull(
                        data.resolve("files/.incoming").toFile().list())));
    }

    private List<String> paged(String order, boolean delete) {
        List<String> ids = new ArrayList<>();
        String after = "";
        JsonNode page;
        do {
            page = api.get("/v1/files?purpose=evals&limit=2&order=" + order + after)
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
