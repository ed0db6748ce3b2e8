package dev.rehearse.completions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rehearse.generation.BatchScheduler;
import dev.rehearse.generation.QueueFullException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

class MetersHttpTest extends ServerTest {
    private static final String PATH = "/v1/completions";

    @Autowired
    MeterRegistry meters;

    private double requests(String status, String finishReason) {
        return meters.get("rehearse.requests")
                .tags("endpoint", "text", "model_name", modelId, "status", status, "finish_reason", finishReason)
                .counter()
                .count();
    }

    private Timer timer(String name) {
        return meters.get("rehearse." + name).tag("model_name", modelId).timer();
    }

    @Test
    void aReplyIsCountedAndTimed() throws Exception {
        ok(PATH, body("'prompt':'ab','n':2"));
        assertThat(requests("success", "stop")).isEqualTo(2);
        assertThat(meters.get("rehearse.prompt.tokens")
                        .tag("model_name", modelId)
                        .counter()
                        .count())
                .isEqualTo(4);
        assertThat(meters.get("rehearse.generation.tokens")
                        .tag("model_name", modelId)
                        .counter()
                        .count())
                .isEqualTo(6);
        assertThat(timer("time.to.first.token").count()).isEqualTo(2);
        assertThat(timer("inter.token.latency").count()).isEqualTo(4);
        assertThat(timer("request.queue.time").count()).isEqualTo(2);
        assertThat(timer("request.prefill.time").count()).isEqualTo(2);
        assertThat(timer("request.decode.time").count()).isEqualTo(2);
        assertThat(timer("e2e.request.latency").count()).isEqualTo(2);
    }

    @Test
    void refusalsFailuresAndCancellationsAreToldApart() throws Exception {
        model.play(new ScriptedModel.Refusal(new QueueFullException("full", Duration.ofSeconds(1))));
        post(PATH, body("'prompt':'ab'"));
        assertThat(requests("rejected", "none")).isEqualTo(1);
        model.play((request, listener, cancelled) -> listener.failed(new IllegalStateException("nan")));
        post(PATH, body("'prompt':'ab'"));
        assertThat(requests("failed", "none")).isEqualTo(1);
        CountDownLatch begun = new CountDownLatch(1);
        model.play((request, listener, cancelled) -> begun.countDown());
        try (Socket socket = new Socket("localhost", port)) {
            String body = body("'prompt':'ab'");
            socket.getOutputStream()
                    .write(("POST " + PATH + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                    + "Content-Length: " + body.length() + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(begun.await(5, TimeUnit.SECONDS)).isTrue();
        }
        await().until(() -> !meters.find("rehearse.requests")
                .tags("model_name", modelId, "status", "cancelled")
                .counters()
                .isEmpty());
        assertThat(requests("cancelled", "none")).isEqualTo(1);
    }

    @Test
    void theLoadOfAllModelsIsShown() throws Exception {
        ok(PATH, body("'prompt':'ab'"));
        model.load = new BatchScheduler.Load(3, 5, 25, 100);
        assertThat(meters.get("rehearse.requests.running").gauge().value()).isEqualTo(3);
        assertThat(meters.get("rehearse.requests.waiting").gauge().value()).isEqualTo(5);
        assertThat(meters.get("rehearse.kv.cache.usage.ratio").gauge().value()).isEqualTo(0.25);
        model.load = new BatchScheduler.Load(0, 0, 0, 0);
    }
}
