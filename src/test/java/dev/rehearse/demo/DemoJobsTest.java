package dev.rehearse.demo;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rehearse.ServiceTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.node.ObjectNode;

/** The demonstration's two requests against the real service, with a training that succeeds at once. */
@ServiceTest
class DemoJobsTest {
    private static final Path EXAMPLES = Path.of("src/examples/pronunciation");

    @LocalServerPort
    int port;

    @TempDir
    Path folder;

    @Test
    void theServiceTakesBothJobs() throws Exception {
        Client client = new Client("http://localhost:" + port);
        Terminal terminal = new Terminal(
                new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
                Terminal.Kind.FILE,
                System::nanoTime);
        Jobs jobs = new Jobs(client, terminal, Duration.ofMillis(20));
        String imitator = jobs.run("supervised", request(client, "supervised.json"));
        String learner =
                jobs.run("reinforcement", request(client, "reinforcement.json").put("model", imitator));
        assertTrue(imitator.startsWith("ft:gpt2-tiny:local:pronounce:"), imitator);
        assertTrue(learner.startsWith("ft:gpt2-tiny:local:pronounce-rl:"), learner);
        jobs.cancelLeftovers();
    }

    private ObjectNode request(Client client, String name) throws IOException, InterruptedException {
        ObjectNode request = (ObjectNode) ScriptedService.JSON.readTree(Files.readString(EXAMPLES.resolve(name)));
        for (String field : new String[] {"training_file", "validation_file"}) {
            request.put(field, client.upload(firstRows(request.path(field).asString())));
        }
        return request;
    }

    private Path firstRows(String name) throws IOException {
        try (Stream<String> rows = Files.lines(EXAMPLES.resolve(name))) {
            return Files.write(folder.resolve(name), rows.limit(20).toList());
        }
    }
}
