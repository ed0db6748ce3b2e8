package dev.rehearse.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rehearse.demo.ScriptedService.Answer;
import dev.rehearse.demo.ScriptedService.Request;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class PronunciationDemoTest {
    private static final String JOBS = "/v1/fine_tuning/jobs";
    private static final String CHAT = "POST /v1/chat/completions";
    private static final int WORDS = 12;

    @TempDir
    Path folder;

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private ScriptedService service;

    @BeforeEach
    void start() throws IOException {
        service = new ScriptedService();
        for (String name : List.of("train", "valid", "play")) {
            Files.writeString(folder.resolve(name + ".jsonl"), "{}\n");
        }
        Files.writeString(folder.resolve("supervised.json"), """
                {"model": "gpt2-tiny", "training_file": "train.jsonl", "validation_file": "valid.jsonl"}""");
        Files.writeString(folder.resolve("reinforcement.json"), """
                {"training_file": "play.jsonl", "validation_file": "valid.jsonl"}""");
        Files.writeString(folder.resolve("test.jsonl"), """
                {"messages": [{"role": "user", "content": "c a t"}], "word": "cat", "reference": "K AE T", \
                "alternative": "K AE T", "references": ["K AE T"]}
                """.repeat(WORDS));
        service.on("GET " + JOBS, "{\"data\": []}");
        AtomicInteger files = new AtomicInteger();
        service.on(
                "POST /v1/files",
                request -> new Answer(200, "{\"id\": \"file-" + files.incrementAndGet() + "\"}", Map.of()));
        service.on("POST " + JOBS, "{\"id\": \"ftjob-1\"}");
        service.on("POST " + JOBS, "{\"id\": \"ftjob-2\"}");
        job("ftjob-1", "validating_files", 0, "null", "null");
        job("ftjob-1", "running", 5, "null", "null");
        events("ftjob-1", "{\"train_loss\": 0.25, \"tokens_per_second\": 1000}");
        events("ftjob-2", "{\"dqn\": {\"train_reward_mean\": 0.75}}");
    }

    @AfterEach
    void stop() {
        service.close();
    }

    @Test
    void trainsEvaluatesAndCompares() throws Exception {
        bothSucceed();
        says("first", "K AE");
        String text = run();

        assertTrue(text.contains("supervised    [########] 10/10  loss 0.250  1,000 tokens/s"), text);
        assertTrue(text.contains("reinforcement [########] 10/10  reward 0.750"), text);
        assertTrue(text.matches("(?s).*word error rate +untrained +100\\.0% +0\\.0%.*"), text);
        assertTrue(text.contains("it rose by more than two standard errors"), text);
        assertTrue(text.contains(service.url() + "/swagger-ui.html"), text);
        assertTrue(text.contains("\"model\":\"second\""), text);
    }

    @Test
    void eachFileIsUploadedOnceAndNamedByItsId() throws Exception {
        bothSucceed();
        says("first", "K AE");
        run();

        assertEquals(3, service.on("POST /v1/files").size());
        assertTrue(service.on("POST /v1/files").get(0).body().contains("filename=\"train.jsonl\""));
        List<Request> created = service.on("POST " + JOBS);
        assertEquals("file-1", created.get(0).json().path("training_file").asString());
        assertEquals("file-2", created.get(0).json().path("validation_file").asString());
        assertEquals("file-3", created.get(1).json().path("training_file").asString());
        assertEquals("file-2", created.get(1).json().path("validation_file").asString());
        assertEquals("first", created.get(1).json().path("model").asString());
    }

    @Test
    void asksBothModelsTheSameWithSeedsOfTheirOwnForEachWord() throws Exception {
        bothSucceed();
        says("first", "K AE");
        run();

        List<JsonNode> asked = service.on(CHAT).stream().map(Request::json).toList();
        assertEquals(4 * WORDS, asked.size());
        assertEquals(seeds(asked, "first"), seeds(asked, "second"));
        assertEquals(WORDS, seeds(asked, "first").size());
        assertEquals(7, asked.get(0).path("max_tokens").asInt());
        assertEquals(
                "c a t", asked.get(0).path("messages").path(0).path("content").asString());
    }

    @Test
    void aFullServiceIsAskedAgain() throws Exception {
        bothSucceed();
        service.on(CHAT, request -> ScriptedService.error(429, "full", Map.of("retry-after", "0")));
        service.on(CHAT, request -> ScriptedService.error(503, "not yet", Map.of("retry-after", "0")));
        says("first", "K AE");
        run();
        assertEquals(4 * WORDS + 2, service.on(CHAT).size());
    }

    @Test
    void aFailedJobIsToldWithItsReason() {
        job("ftjob-1", "failed", 0, "null", "{\"message\": \"line 7: not JSON\", \"code\": \"invalid_training_file\"}");
        assertEquals("the supervised job ftjob-1 failed: line 7: not JSON", failure());
    }

    @Test
    void aCancelledJobIsToldAsSuch() {
        job("ftjob-1", "cancelled", 0, "null", "null");
        assertEquals("the supervised job ftjob-1 was cancelled", failure());
    }

    @Test
    void aServiceThatIsGoneIsToldAsSuch() {
        service.close();
        assertTrue(failure().endsWith("got no answer: nobody listens there"));
    }

    @Test
    void anErrorOfTheServiceIsToldWithItsMessage() {
        bothSucceed();
        service.on(CHAT, request -> ScriptedService.error(400, "no such model", Map.of()));
        assertEquals("POST " + service.url() + "/v1/chat/completions was answered with 400: no such model", failure());
        assertTrue(service.on(CHAT).size() <= WORDS);
    }

    @Test
    void whatIsNotTheServiceIsToldAsItIs() {
        service.on("GET " + JOBS, request -> new Answer(502, "<html>proxy</html>", Map.of()));
        service.requests.clear();
        run(() -> new Client(service.url()).get(JOBS)); // the first scripted answer
        assertEquals(
                "GET " + service.url() + JOBS + " was answered with 502: <html>proxy</html>",
                assertThrows(DemoFailure.class, () -> new Client(service.url()).get(JOBS))
                        .getMessage());
    }

    @Test
    void aMissingFileIsNamed() throws IOException {
        Files.delete(folder.resolve("play.jsonl"));
        assertTrue(failure().contains("play.jsonl"));
    }

    @Test
    void cancelsOnlyWhatEarlierDemonstrationsLeftRunning() throws Exception {
        service.on("GET " + JOBS, """
                {"data": [{"id": "ftjob-8", "status": "succeeded"}, {"id": "ftjob-9", "status": "queued"}]}""");
        service.on("POST " + JOBS + "/ftjob-9/cancel", "{}");
        run(() -> new Client(service.url()).get(JOBS)); // the first scripted answer
        bothSucceed();
        says("first", "K AE");
        run();
        assertEquals(1, service.on("POST " + JOBS + "/ftjob-9/cancel").size());
        assertTrue(service.on("POST " + JOBS + "/ftjob-8/cancel").isEmpty());
        assertEquals(
                "limit=100&metadata[made_by]=rehearse-demo",
                service.on("GET " + JOBS).get(1).query());
        assertEquals(
                "rehearse-demo",
                service.on("POST " + JOBS)
                        .get(0)
                        .json()
                        .path("metadata")
                        .path("made_by")
                        .asString());
    }

    private interface Call {
        void make() throws InterruptedException;
    }

    private static void run(Call call) {
        try {
            call.make();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void bothSucceed() {
        job("ftjob-1", "succeeded", 10, "\"first\"", "null");
        job("ftjob-2", "succeeded", 10, "\"second\"", "null");
    }

    /** The model says the text; any other is right. */
    private void says(String model, String text) {
        service.on(CHAT, request -> {
            String reply = request.json().path("model").asString().equals(model) ? text : "K AE T";
            return new Answer(200, "{\"choices\": [{\"message\": {\"content\": \"" + reply + "\"}}]}", Map.of());
        });
    }

    private void job(String id, String state, int step, String model, String error) {
        service.on("GET " + JOBS + "/" + id, """
                {"id": "%s", "status": "%s", "fine_tuned_model": %s, "error": %s,
                 "progress": {"step": %d, "total_steps": %s, "seconds_remaining": 3}}""".formatted(id, state, model, error, step, step == 0 ? "null" : "10"));
    }

    private void events(String id, String data) {
        service.on(
                "GET " + JOBS + "/" + id + "/events",
                "{\"data\": [{\"id\": \"ftevent-" + id + "\", \"level\": \"info\", \"message\": \"m\", \"data\": "
                        + data + "}]}");
    }

    private static Set<Long> seeds(List<JsonNode> asked, String model) {
        return asked.stream()
                .filter(request -> request.path("model").asString().equals(model))
                .filter(request -> request.path("temperature").asInt() == 1)
                .map(request -> request.path("seed").asLong())
                .collect(Collectors.toSet());
    }

    private String failure() {
        String message = assertThrows(DemoFailure.class, this::run).getMessage();
        assertFalse(message.contains("Exception"), message);
        return message;
    }

    private String run() throws InterruptedException {
        DemoSettings settings = new DemoSettings(
                folder,
                folder.resolve("supervised.json"),
                folder.resolve("reinforcement.json"),
                WORDS,
                List.of(5L),
                7,
                4,
                false);
        Terminal terminal = new Terminal(
                new PrintStream(written, true, StandardCharsets.UTF_8), Terminal.Kind.FILE, System::nanoTime);
        new PronunciationDemo(settings, new Client(service.url()), terminal, Duration.ofMillis(1)).run();
        return written.toString(StandardCharsets.UTF_8);
    }
}
