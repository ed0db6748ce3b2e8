package dev.rehearse.completions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rehearse.generation.QueueFullException;
import dev.rehearse.models.ModelCache;
import dev.rehearse.web.ApiException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;

class FailingHttpTest extends ServerTest {
    private static final String PATH = "/v1/chat/completions";
    private static final String HELLO = "'messages':[{'role':'user','content':'hello'}]";

    @Autowired
    ModelCache cache;

    /** The model can be let go of, because nobody holds it any more. */
    private void assertGivenBack() {
        await().until(() -> cache.release(modelId).isEmpty());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFullQueueIsAnsweredByWhenToComeBack(boolean stream) throws Exception {
        model.play(new ScriptedModel.Refusal(new QueueFullException("9 of 9 tokens", Duration.ofMillis(2500))));
        HttpResponse<String> response = post(PATH, body(HELLO + ",'stream':" + stream));
        assertThat(response.statusCode()).isEqualTo(429);
        assertThat(JSON.readTree(response.body()).at("/error/code").asString()).isEqualTo("queue_full");
        assertThat(response.headers().firstValue("Retry-After")).isPresent();
        assertThat(response.headers().firstValue("retry-after-ms")).hasValue("2500");
        assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
        assertGivenBack();
    }

    @Test
    void whatCouldNeverWaitIsNotToldToComeBack() throws Exception {
        model.holdsAny = false;
        HttpResponse<String> response = post(PATH, body(HELLO + ",'n':3"));
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(JSON.readTree(response.body()).at("/error/param").asString()).isEqualTo("max_tokens");
        assertGivenBack();
    }

    @Test
    void aReplyThatFailsIsAServerError() throws Exception {
        model.play((request, listener, cancelled) -> listener.failed(new IllegalStateException("nan")));
        HttpResponse<String> response = post(PATH, body(HELLO));
        assertThat(response.statusCode()).isEqualTo(500);
        assertThat(JSON.readTree(response.body()).at("/error/type").asString()).isEqualTo("server_error");
        assertThat(response.body()).doesNotContain("nan");
        assertGivenBack();
    }

    @Test
    void oneFailureOfSeveralFreesTheOthers() throws Exception {
        CountDownLatch second = new CountDownLatch(1);
        model.play((request, listener, cancelled) -> {
            if (model.requests.indexOf(request) == 0) {
                second.await();
                listener.failed(ApiException.unavailable("model_not_ready", "going down", Duration.ofSeconds(1)));
            } else {
                second.countDown();
            }
        });
        HttpResponse<String> response = post(PATH, body(HELLO + ",'n':2"));
        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(model.cancelled.await(5, TimeUnit.SECONDS)).isTrue();
        assertGivenBack();
    }

    @Test
    void aStreamThatFailsEndsWithAnErrorEvent() throws Exception {
        model.play((request, listener, cancelled) -> {
            listener.progressed("h", List.of());
            listener.failed(new IllegalStateException("nan"));
        });
        String stream = post(PATH, body(HELLO + ",'stream':true")).body();
        String last = stream.substring(stream.indexOf("event: "));
        assertThat(last).isEqualTo("""
                event: error
                data: {"error":{"message":"The server had an error while making the reply",\
                "type":"server_error","param":null,"code":null}}

                """);
        assertGivenBack();
    }

    @Test
    void aReplyThatTakesTooLongIsGivenUp() throws Exception {
        model.play((request, listener, cancelled) -> {});
        HttpResponse<String> response = post(PATH, body(HELLO));
        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(JSON.readTree(response.body()).at("/error/code").asString()).isEqualTo("timeout");
        assertThat(model.cancelled.await(5, TimeUnit.SECONDS)).isTrue();
        assertGivenBack();
    }

    @Test
    void aStreamThatTakesTooLongIsGivenUpAndKeptAliveMeanwhile() throws Exception {
        model.play((request, listener, cancelled) -> {});
        String stream = post(PATH, body(HELLO + ",'stream':true")).body();
        assertThat(stream).contains(": ping\n\n").contains("event: error").contains("\"code\":\"timeout\"");
        assertThat(model.cancelled.await(5, TimeUnit.SECONDS)).isTrue();
        assertGivenBack();
    }

    @Test
    void aReaderWhoLeavesBeforeTheFirstTokenFreesTheSlot() throws Exception {
        model.play((request, listener, cancelled) -> {});
        HttpResponse<InputStream> response =
                http.send(request(PATH, body(HELLO + ",'stream':true")), BodyHandlers.ofInputStream());
        response.body().read();
        response.body().close();
        assertThat(model.cancelled.await(2, TimeUnit.SECONDS)).isTrue();
        assertGivenBack();
    }

    @Test
    void aClientWhoHangsUpOnAWholeReplyFreesTheSlot() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        model.play((request, listener, cancelled) -> begun.countDown());
        try (Socket socket = new Socket("localhost", port)) {
            send(socket, body(HELLO));
            assertThat(begun.await(5, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(model.cancelled.await(2, TimeUnit.SECONDS)).isTrue();
        assertGivenBack();
    }

    @Test
    void aSecondRequestOnTheSameConnectionIsNotTakenForItsEnd() throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        model.play((request, listener, cancelled) -> {
            answer.await();
            ScriptedModel.says("hi").play(request, listener, cancelled);
        });
        try (Socket socket = new Socket("localhost", port)) {
            send(socket, body(HELLO));
            send(socket, body(HELLO + ",'max_tokens':1"));
            assertThat(model.cancelled.await(200, TimeUnit.MILLISECONDS)).isFalse();
            answer.countDown();
            String first = readUntil(socket.getInputStream(), "\"content\":\"hi\"");
            assertThat(first).startsWith("HTTP/1.1 200");
            if (!first.contains("\"content\":\"h\"")) {
                readUntil(socket.getInputStream(), "\"content\":\"h\"");
            }
        }
    }

    private void send(Socket socket, String body) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(("POST " + PATH + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                        + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    /** Reads until the text has come; returns what came last. */
    private static String readUntil(InputStream in, String text) throws IOException {
        byte[] buffer = new byte[1 << 16];
        String latest = "";
        while (!latest.contains(text)) {
            int count = in.read(buffer);
            assertThat(count).as(latest).isPositive();
            String kept = latest.substring(Math.max(0, latest.length() - text.length()));
            latest = kept + new String(buffer, 0, count, StandardCharsets.UTF_8);
        }
        return latest;
    }

    @Test
    void aReaderWhoDoesNotReadIsCutOffAndNeverBlocksTheModel() throws Exception {
        CountDownLatch writerIsStuck = new CountDownLatch(1);
        CountDownLatch scriptEnded = new CountDownLatch(1);
        String moreThanSocketsBuffer = "~".repeat(24_000_000);
        model.play((request, listener, cancelled) -> {
            listener.progressed(moreThanSocketsBuffer, List.of());
            writerIsStuck.await();
            while (!cancelled.getAsBoolean()) {
                listener.progressed("y", List.of());
            }
            scriptEnded.countDown();
        });
        try (Socket socket = new Socket("localhost", port)) {
            send(socket, body(HELLO + ",'stream':true"));
            readUntil(socket.getInputStream(), "~");
            writerIsStuck.countDown();
            assertThat(scriptEnded.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(readUntil(socket.getInputStream(), "reader_too_slow")).contains("event: error");
        }
        assertGivenBack();
    }

    @Test
    void aReaderWhoNeverReadsAgainIsBrokenOff() throws Exception {
        model.play((request, listener, cancelled) -> {
            listener.progressed("~".repeat(24_000_000), List.of());
            while (!cancelled.getAsBoolean()) {
                listener.progressed("y", List.of());
            }
        });
        try (Socket socket = new Socket("localhost", port)) {
            send(socket, body(HELLO + ",'stream':true"));
            assertThat(model.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
            assertGivenBack();
        }
    }

    @Test
    void moreStreamsThanAllowedAreTurnedAway() throws Exception {
        model.play((request, listener, cancelled) -> {});
        List<InputStream> open = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                HttpResponse<InputStream> response =
                        http.send(request(PATH, body(HELLO + ",'stream':true")), BodyHandlers.ofInputStream());
                response.body().read();
                open.add(response.body());
            }
            HttpResponse<String> refused = post(PATH, body(HELLO + ",'stream':true"));
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.body()).contains("too_many_streams");
        } finally {
            for (InputStream stream : open) {
                stream.close();
            }
        }
        assertGivenBack();
    }

    @Test
    void aModelReplacedWhileItAnswersFinishesWhatItBegan() throws Exception {
        String before = fingerprint();
        CountDownLatch go = new CountDownLatch(1);
        model.play((request, listener, cancelled) -> {
            listener.progressed("h", List.of());
            go.await();
            ScriptedModel.says("i").play(request, listener, cancelled);
        });
        HttpResponse<InputStream> stream =
                http.send(request(PATH, body(HELLO + ",'stream':true")), BodyHandlers.ofInputStream());
        stream.body().read();
        model.play(ScriptedModel.says("hi"));
        replaceTheModel();
        String after = before;
        while (after.equals(before)) {
            after = fingerprint();
        }
        go.countDown();
        assertThat(new String(stream.body().readAllBytes(), StandardCharsets.UTF_8))
                .contains(before)
                .doesNotContain(after)
                .endsWith("data: [DONE]\n\n");
    }

    private String fingerprint() throws Exception {
        return ok(PATH, body(HELLO)).get("system_fingerprint").stringValue();
    }

    @Test
    void theTextEndpointHasTheSameCare() throws Exception {
        model.play((request, listener, cancelled) -> listener.failed(new IllegalStateException("nan")));
        assertThat(post("/v1/completions", body("'prompt':'a'")).statusCode()).isEqualTo(500);
        assertThat(post("/v1/completions", body("'prompt':'a','stream':true")).body())
                .contains("event: error");
        assertGivenBack();
    }
}
