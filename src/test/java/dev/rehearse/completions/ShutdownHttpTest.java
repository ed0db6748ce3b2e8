package dev.rehearse.completions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.generation.GenerationListener;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.event.ContextClosedEvent;

@Timeout(60)
class ShutdownHttpTest {
    @TempDir
    private Path data;

    private final HttpClient http = HttpClient.newHttpClient();
    private final BlockingQueue<GenerationListener> growing = new LinkedBlockingQueue<>();
    private final List<String> events = new CopyOnWriteArrayList<>();
    private final CountDownLatch refusing = new CountDownLatch(1);

    private ConfigurableApplicationContext served(String drain) throws Exception {
        Path directory = Files.createDirectories(data.resolve("models/shutdown"));
        Files.writeString(directory.resolve("config.json"), "{\"n_positions\":64}");
        ScriptedModel model = new ScriptedModel();
        model.play((request, listener, cancelled) -> growing.add(listener));
        ServerTest.put("shutdown", model);
        ApplicationListener<AvailabilityChangeEvent<?>> readiness = event -> {
            if (event.getState() == ReadinessState.REFUSING_TRAFFIC) {
                events.add("not ready");
                refusing.countDown();
            }
        };
        ApplicationListener<ContextClosedEvent> closing = event -> events.add("closing");
        return new SpringApplicationBuilder(ServerTest.Server.class)
                .listeners(readiness, closing)
                .run(
                        "--server.port=0",
                        "--rehearse.data-dir=" + data,
                        "--spring.datasource.url=jdbc:h2:mem:" + data.getFileName()
                                + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE",
                        "--spring.lifecycle.timeout-per-shutdown-phase=" + drain);
    }

    private CompletableFuture<HttpResponse<String>> ask(ConfigurableApplicationContext context, String more) {
        int port = ((WebServerApplicationContext) context).getWebServer().getPort();
        return http.sendAsync(
                HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/v1/completions"))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(
                                "{\"model\":\"shutdown\",\"prompt\":\"a\"" + more + "}"))
                        .build(),
                BodyHandlers.ofString());
    }

    @Test
    void repliesUnderWayAreWaitedFor() throws Exception {
        ConfigurableApplicationContext context = served("20s");
        CompletableFuture<HttpResponse<String>> stream = ask(context, ",\"stream\":true");
        GenerationListener listener = growing.take();
        CompletableFuture<Void> closed = CompletableFuture.runAsync(context::close);
        assertThat(refusing.await(10, TimeUnit.SECONDS)).isTrue();
        listener.progressed("late", List.of());
        listener.finished(ServerTest.completion("late"));
        assertThat(stream.get(10, TimeUnit.SECONDS).body())
                .contains("\"text\":\"late\"")
                .endsWith("data: [DONE]\n\n");
        closed.get(20, TimeUnit.SECONDS);
        assertThat(events).containsExactly("not ready", "closing");
    }

    @Test
    void repliesThatTakeTooLongEndWithAnErrorThatSaysWhy() throws Exception {
        ConfigurableApplicationContext context = served("100ms");
        CompletableFuture<HttpResponse<String>> stream = ask(context, ",\"stream\":true");
        growing.take();
        CompletableFuture<HttpResponse<String>> whole = ask(context, "");
        growing.take();
        CompletableFuture<Void> closed = CompletableFuture.runAsync(context::close);
        assertThat(stream.get(10, TimeUnit.SECONDS).body())
                .contains("event: error")
                .contains("shutting down");
        HttpResponse<String> refused = whole.get(10, TimeUnit.SECONDS);
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.body()).contains("model_not_ready");
        assertThat(refused.headers().firstValue("Retry-After")).hasValue("5");
        closed.get(20, TimeUnit.SECONDS);
    }
}
