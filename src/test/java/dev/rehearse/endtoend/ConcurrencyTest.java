package dev.rehearse.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.finetuning.jobs.FineTuningJob;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Jobs beside jobs, and replies beside jobs, on one device. */
@Timeout(120)
class ConcurrencyTest {
    private static final int CLIENTS = 6;

    @TempDir
    static Path data;

    private static RunningService service;
    private static Client client;
    private static String train;

    @BeforeAll
    static void start() {
        service = RunningService.start(data, "--rehearse.jobs.concurrency=2");
        client = service.client;
        train = client.upload("train.jsonl", EchoTask.dialogues(100, 1));
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    @Test
    void twoJobsRunAtTheSameTime() {
        String first = client.create(Jobs.supervised(train, 1_000_000, 1)).id();
        String second = client.create(Jobs.supervised(train, 1_000_000, 1)).id();
        client.awaitSteps(first);
        client.awaitSteps(second);
        assertThat(client.job(first).status()).isEqualTo(FineTuningJob.Status.RUNNING);
        for (String job : List.of(first, second)) {
            client.openAi.fineTuning().jobs().cancel(job);
        }
    }

    @Test
    void aModelAnswersWhileAJobTrains() throws Exception {
        String model =
                client.awaitModel(client.create(Jobs.supervised(train, 10, 16)).id());
        String job = client.create(Jobs.supervised(train, 1_000_000, 1)).id();
        long before = Client.step(client.awaitSteps(job));
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        try {
            List<Future<String>> replies = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                replies.add(clients.submit(i % 2 == 0 ? () -> client.greedyReply(model) : () -> streamed(model)));
            }
            List<String> contents = new ArrayList<>();
            for (Future<String> reply : replies) {
                contents.add(reply.get(60, TimeUnit.SECONDS));
            }
            assertThat(contents).hasSize(CLIENTS).containsOnly(contents.get(0));
        } finally {
            clients.shutdownNow();
        }
        client.await(job, later -> later.status().equals(FineTuningJob.Status.RUNNING) && Client.step(later) > before);
        client.cancel(job);
    }

    private static String streamed(String model) {
        try (StreamResponse<ChatCompletionChunk> stream = client.openAi
                .chat()
                .completions()
                .createStreaming(Client.chat(model).temperature(0).build())) {
            return stream.stream()
                    .flatMap(chunk -> chunk.choices().stream())
                    .flatMap(choice -> choice.delta().content().stream())
                    .collect(Collectors.joining());
        }
    }
}
