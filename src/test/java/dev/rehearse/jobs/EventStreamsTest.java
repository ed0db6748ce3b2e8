package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.Api;
import dev.rehearse.ScriptedTraining;
import dev.rehearse.ServiceTest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

@ServiceTest
class EventStreamsTest {
    private static final String JOBS = "/v1/fine_tuning/jobs/";

    @LocalServerPort
    int port;

    @Autowired
    ScriptedTraining training;

    @Autowired
    EventStreams streams;

    @Autowired
    JdbcClient database;

    private final List<Socket> sockets = new ArrayList<>();
    private Api api;
    private String job;
    private ScriptedTraining.Held held;

    @BeforeEach
    void start() {
        api = new Api(port);
        held = training.hold(300);
        job = api.createJob(api.trainingFile(), 300).id();
        held.awaitEntered();
    }

    @AfterEach
    void leaveNothingOpen() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        held.letGo();
        api.await(JOBS + job, ended -> ended.path("finished_at").isIntegralNumber());
        api.await("/livez", ignored -> streams.open() == 0);
    }

    @Test
    void noStreamIsOpenedWhileTheServiceStops() {
        streams.stop();
        try {
            assertThat(api.get(JOBS + job + "/events?stream=true").status()).isEqualTo(503);
        } finally {
            streams.start();
        }
    }

    @Test
    void aStreamReplaysFollowsAndEndsWithTheJob() throws IOException {
        BufferedReader lines = open("/events?stream=true");
        List<String> ids = new ArrayList<>();
        String started = upTo(lines, "Fine-tuning job started", ids);
        assertThat(started).startsWith("data: {").contains("\"object\":\"fine_tuning.job.event\"");
        held.letGo();
        assertThat(upTo(lines, "[DONE]", ids)).isEqualTo("data: [DONE]");
        assertThat(lines.readLine()).isEmpty();
        assertThat(ids).isEqualTo(listed());
    }

    @Test
    void theAnswerIsAStreamForBrowsersAndProxies() throws IOException {
        List<String> head = new ArrayList<>();
        BufferedReader lines = connect("/events", "Accept: text/html, text/event-stream");
        for (String line = lines.readLine(); !line.isEmpty(); line = lines.readLine()) {
            head.add(line.toLowerCase(Locale.ROOT));
        }
        assertThat(head.get(0)).startsWith("http/1.1 200");
        assertThat(head)
                .contains("content-type: text/event-stream;charset=utf-8", "cache-control: no-cache")
                .contains("x-accel-buffering: no");
    }

    @ParameterizedTest
    @ValueSource(strings = {"after", "Last-Event-ID"})
    void aClientThatComesBackGetsWhatItHasMissed(String how) throws IOException {
        held.letGo();
        api.awaitStatus(job, "succeeded");
        List<String> all = listed();
        String known = all.get(3);
        BufferedReader lines = how.equals("after")
                ? open("/events?stream=true&after=" + known)
                : open("/events?stream=true&after=" + all.get(0), "Last-Event-ID: " + known);
        List<String> ids = new ArrayList<>();
        upTo(lines, "[DONE]", ids);
        assertThat(ids).isEqualTo(all.subList(4, all.size()));
    }

    @Test
    void aBrowserThatHasSeenTheEndIsToldNotToComeBack() {
        held.letGo();
        api.awaitStatus(job, "succeeded");
        List<String> all = listed();
        Api.Answer answer = api.get(JOBS + job + "/events?stream=true", "Last-Event-ID", all.get(all.size() - 1));
        assertThat(answer.status()).isEqualTo(204);
    }

    @Test
    void whatAnotherProcessWritesIsSeen() throws IOException {
        BufferedReader lines = open("/events?stream=true");
        upTo(lines, "Fine-tuning job started");
        tell("from elsewhere");
        assertThat(upTo(lines, "from elsewhere")).contains("ftevent-from elsewhere");
    }

    @Test
    void aSilentStreamShowsThatItLives() throws IOException {
        BufferedReader lines = open("/events?stream=true");
        upTo(lines, "Fine-tuning job started");
        upTo(lines, ": ping");
        upTo(lines, ": ping");
    }

    @Test
    void aClientThatIsGoneIsForgotten() throws IOException {
        open("/events?stream=true");
        api.await("/livez", ignored -> streams.open() == 1);
        sockets.get(0).close();
        api.await("/livez", ignored -> streams.open() == 0);
    }

    @Test
    void aClientThatReadsNothingIsCutOffAndDisturbsNobody() throws Exception {
        connect("/events?stream=true");
        BufferedReader other = open("/events?stream=true");
        CompletableFuture<String> read = CompletableFuture.supplyAsync(() -> upTo(other, "the last"));
        String megabyte = "x".repeat(1 << 20);
        for (int i = 0; i < 24; i++) { // more than the buffers of two sockets take
            tell(i + megabyte);
        }
        tell("the last");
        assertThat(read.get()).contains("the last");
        api.await("/livez", ignored -> streams.open() == 1);
        tell("and on");
        assertThat(upTo(other, "and on")).contains("and on");
    }

    @Test
    void moreStreamsThanAllowedAreRefused() throws IOException {
        for (int i = 0; i < 4; i++) {
            open("/events?stream=true");
        }
        Api.Answer refused = api.get(JOBS + job + "/events?stream=true");
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.error().path("code").asString("")).isEqualTo("too_many_streams");
        assertThat(refused.headers().firstValue("retry-after")).contains("5");
    }

    @Test
    void whatCannotBeStreamedIsRefusedInTheEnvelope() {
        Api.Answer unknown = api.get(JOBS + job + "/events?stream=true&after=ftevent-nobody");
        assertThat(unknown.status()).isEqualTo(400);
        assertThat(unknown.error().path("param").asString("")).isEqualTo("after");
        Api.Answer paged = api.get(JOBS + job + "/events?stream=true&limit=3");
        assertThat(paged.status()).isEqualTo(400);
        assertThat(paged.error().path("param").asString("")).isEqualTo("limit");
        assertThat(api.get(JOBS + "ftjob-nobody/events?stream=true").status()).isEqualTo(404);
        assertThat(api.get(JOBS + job + "/events?stream=perhaps").status()).isEqualTo(400);
    }

    private void tell(String message) {
        database.sql("""
                        insert into job_events (id, job_id, created_at, level, message)
                        values (:id, :job, current_timestamp, 'INFO', :message)
                        """)
                .param("id", "ftevent-" + message.substring(0, Math.min(message.length(), 20)))
                .param("job", job)
                .param("message", message)
                .update();
    }

    /** Oldest first. */
    private List<String> listed() {
        List<String> ids = new ArrayList<>();
        for (JsonNode event : api.get(JOBS + job + "/events?limit=1000").body().path("data")) {
            ids.add(event.path("id").asString(""));
        }
        Collections.reverse(ids);
        return ids;
    }

    private static String upTo(BufferedReader lines, String text) {
        try {
            return upTo(lines, text, new ArrayList<>());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads on, and notes the ids, to the first line that contains the text. */
    private static String upTo(BufferedReader lines, String text, List<String> ids) throws IOException {
        String line = lines.readLine();
        while (line != null && !line.contains(text)) {
            if (line.startsWith("id: ")) {
                ids.add(line.substring(4));
            }
            line = lines.readLine();
        }
        assertThat(line).as("a line with " + text).isNotNull();
        return line;
    }

    /** A stream behind its head. */
    private BufferedReader open(String path, String... headers) throws IOException {
        BufferedReader lines = connect(path, headers);
        upTo(lines, "retry: 2000");
        return lines;
    }

    /** HTTP/1.0, so that the lines are not in chunks. */
    private BufferedReader connect(String path, String... headers) throws IOException {
        Socket socket = new Socket("localhost", port);
        sockets.add(socket);
        socket.setSoTimeout(20_000);
        String request = "GET " + JOBS + job + path + " HTTP/1.0\r\nHost: localhost\r\n"
                + String.join(
                        "",
                        List.of(headers).stream().map(header -> header + "\r\n").toList()) + "\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }
}
