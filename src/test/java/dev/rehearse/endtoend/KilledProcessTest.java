package dev.rehearse.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.core.http.Headers;
import com.openai.errors.OpenAIException;
import com.openai.models.finetuning.jobs.FineTuningJob;
import com.openai.models.finetuning.jobs.FineTuningJobEvent;
import com.openai.models.models.Model;
import com.openai.models.webhooks.UnwrapWebhookEvent;
import com.openai.models.webhooks.WebhookCreateParams;
import com.openai.models.webhooks.WebhookEndpointWithSecret;
import com.openai.models.webhooks.WebhookVerificationParams;
import com.sun.net.httpserver.HttpExchange;
import dev.rehearse.outbound.Receiver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What was acknowledged survives {@code kill -9}, what was running runs again, and what nobody heard of is told. */
@Timeout(240)
class KilledProcessTest {
    private static final int UPLOADS_BEFORE_THE_KILL = 20;
    private static final int UPLOADERS = 2;

    @TempDir
    Path folder;

    /** What the process said before it was killed. */
    private record Acknowledged(
            FineTuningJob finished,
            List<FineTuningJobEvent> events,
            String model,
            String reply,
            String running,
            List<FineTuningJobEvent> runningEvents,
            String waiting,
            Untold untold,
            Map<String, byte[]> files) {}

    /** A job whose end the receiver did not take. */
    private record Untold(String job, String secret) {}

    private final AtomicInteger receiverSays = new AtomicInteger(503);

    @Test
    void nothingAcknowledgedIsMissingAndTheJobRunsAgain() throws Exception {
        try (Receiver receiver =
                new Receiver((request, exchange) -> Receiver.answer(exchange, receiverSays.get(), ""))) {
            Acknowledged before;
            try (ServiceProcess process = start("first.log", receiver)) {
                before = workAndKill(process, receiver);
            }
            int deliveries = receiver.bodies.size();
            receiverSays.set(204);
            try (ServiceProcess process = start("second.log", receiver)) {
                Client client = process.client;
                for (Map.Entry<String, byte[]> file : before.files().entrySet()) {
                    assertThat(client.content(file.getKey())).isEqualTo(file.getValue());
                }
                assertThat(client.job(before.finished().id())).isEqualTo(before.finished());
                assertThat(client.events(before.finished().id())).isEqualTo(before.events());
                assertThat(client.openAi.models().list().autoPager())
                        .extracting(Model::id)
                        .contains(before.model());
                assertThat(client.greedyReply(before.model())).isEqualTo(before.reply());
                isTold(client, before.untold(), receiver.await(deliveries + 1), receiver.bodies.get(deliveries));
                runsAgain(client, before);
                stopsInOrder(process, client, before);
            }
        }
    }

    private ServiceProcess start(String log, Receiver receiver) throws IOException {
        return ServiceProcess.start(
                folder.resolve("data"),
                folder.resolve(log),
                "--rehearse.webhooks.allowed=" + receiver.authority(),
                "--rehearse.webhooks.backoff=0s",
                "--rehearse.webhooks.attempts=1000");
    }

    private static Acknowledged workAndKill(ServiceProcess process, Receiver receiver) throws Exception {
        Client client = process.client;
        Map<String, byte[]> files = new ConcurrentHashMap<>();
        byte[] rows = EchoTask.dialogues(400, 1);
        String train = client.upload("train.jsonl", rows);
        files.put(train, rows);
        String finished = client.create(Jobs.supervised(train, 8, 16)).id();
        String model = client.awaitModel(finished);
        String reply = client.greedyReply(model);
        String running = client.create(Jobs.supervised(train, 1_000_000, 1)).id();
        client.awaitSteps(running);
        String waiting = client.create(Jobs.supervised(train, 2, 1)).id();
        FineTuningJob done = client.job(finished);
        List<FineTuningJobEvent> events = client.events(finished);
        List<FineTuningJobEvent> runningEvents = client.events(running);
        WebhookEndpointWithSecret endpoint = endpoint(client, receiver);
        String cancelled = client.create(Jobs.supervised(train, 2, 1)).id();
        Untold untold = new Untold(cancelled, endpoint.signingSecret());
        uploadUntilKilled(process, files, () -> client.cancel(cancelled));
        return new Acknowledged(done, events, model, reply, running, runningEvents, waiting, untold, files);
    }

    private static WebhookEndpointWithSecret endpoint(Client client, Receiver receiver) {
        return client.openAi
                .webhooks()
                .create(WebhookCreateParams.builder()
                        .name("deaf until the kill")
                        .url(receiver.url().toString())
                        .addEventType(WebhookCreateParams.EventType.FINE_TUNING_JOB_CANCELLED)
                        .build());
    }

    private static void isTold(Client client, Untold untold, HttpExchange exchange, String body) {
        Headers headers = Headers.builder().putAll(exchange.getRequestHeaders()).build();
        UnwrapWebhookEvent event = client.openAi
                .webhooks()
                .unwrap(WebhookVerificationParams.builder()
                        .payload(body)
                        .headers(headers)
                        .secret(untold.secret())
                        .build());
        assertThat(event.asFineTuningJobCancelled().validate().data().id()).isEqualTo(untold.job());
        assertThat(headers.values("webhook-id"))
                .containsExactly(event.asFineTuningJobCancelled().id());
    }

    /** The kill comes amid uploads, right after the last thing; those that were answered are in {@code files}. */
    private static void uploadUntilKilled(ServiceProcess process, Map<String, byte[]> files, Runnable last)
            throws Exception {
        CountDownLatch enough = new CountDownLatch(UPLOADS_BEFORE_THE_KILL);
        List<Thread> uploaders = new ArrayList<>();
        for (int seed = 0; seed < UPLOADERS; seed++) {
            Random random = new Random(seed);
            Thread uploader = new Thread(() -> {
                try {
                    while (true) {
                        byte[] content = new byte[1 + random.nextInt(100_000)];
                        random.nextBytes(content);
                        files.put(process.client.upload("some.jsonl", content), content);
                        enough.countDown();
                    }
                } catch (OpenAIException e) {
                    // killed
                }
            });
            uploader.start();
            uploaders.add(uploader);
        }
        assertThat(enough.await(60, TimeUnit.SECONDS)).isTrue();
        last.run();
        process.kill();
        for (Thread uploader : uploaders) {
            uploader.join();
        }
    }

    /** Asked to end, the process saves what runs and puts its job back, for which the database must still be there. */
    private void stopsInOrder(ServiceProcess process, Client client, Acknowledged before) throws Exception {
        String train = client.job(before.running()).trainingFile();
        String job = client.create(Jobs.supervised(train, 1_000_000, 1)).id();
        client.awaitSteps(job);
        process.terminate();
        assertThat(Files.readString(folder.resolve("second.log")))
                .contains("The service is stopping; the job goes on when it is back")
                .doesNotContain("Database is already closed");
    }

    private static void runsAgain(Client client, Acknowledged before) {
        String running = before.running();
        client.await(
                running,
                job -> client.messages(running)
                        .contains("The run of the job broke off; the job goes on where its state was saved last"));
        assertThat(client.job(running).status().asString()).isIn("queued", "running");
        assertThat(client.events(running)).containsAll(before.runningEvents());
        client.awaitSteps(running);
        assertThat(client.messages(running))
                .filteredOn("Fine-tuning job started"::equals)
                .hasSize(2);
        assertThat(client.cancel(running).status()).isEqualTo(FineTuningJob.Status.CANCELLED);
        assertThat(client.awaitModel(before.waiting())).isNotEqualTo(before.model());
        assertThat(client.job(running).status()).isEqualTo(FineTuningJob.Status.CANCELLED);
    }
}
