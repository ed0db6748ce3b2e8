package dev.rehearse.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.core.http.Headers;
import com.openai.models.webhooks.UnwrapWebhookEvent;
import com.openai.models.webhooks.WebhookCreateParams;
import com.openai.models.webhooks.WebhookEndpointWithSecret;
import com.openai.models.webhooks.WebhookVerificationParams;
import com.sun.net.httpserver.HttpExchange;
import dev.rehearse.outbound.Receiver;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a job's end was to be told to survives {@code kill -9} with it. */
@Timeout(120)
class KilledDeliveryTest {
    @TempDir
    Path folder;

    private final AtomicInteger status = new AtomicInteger(503);

    /** A request that the receiver had. */
    private record Seen(Headers headers, String body) {
        static Seen of(HttpExchange exchange, String body) {
            return new Seen(
                    Headers.builder().putAll(exchange.getRequestHeaders()).build(), body);
        }

        UnwrapWebhookEvent unwrap(Client client, String secret) {
            return client.openAi
                    .webhooks()
                    .unwrap(WebhookVerificationParams.builder()
                            .payload(body)
                            .headers(headers)
                            .secret(secret)
                            .build());
        }
    }

    @Test
    void anEndThatNobodyHeardOfIsToldByTheNextProcess() throws Exception {
        try (Receiver receiver = new Receiver((request, exchange) -> Receiver.answer(exchange, status.get(), ""))) {
            String secret;
            String job;
            try (ServiceProcess process = start("first.log", receiver)) {
                Client client = process.client;
                WebhookEndpointWithSecret endpoint = client.openAi
                        .webhooks()
                        .create(WebhookCreateParams.builder()
                                .name("deaf until the kill")
                                .url(receiver.url().toString())
                                .addEventType(WebhookCreateParams.EventType.FINE_TUNING_JOB_CANCELLED)
                                .build());
                secret = endpoint.signingSecret();
                String train = client.upload("train.jsonl", EchoTask.dialogues(4, 1));
                job = client.create(Jobs.supervised(train, 1_000_000, 1)).id();
                client.cancel(job);
                process.kill();
            }
            int before = receiver.bodies.size();
            status.set(204);
            try (ServiceProcess process = start("second.log", receiver)) {
                Seen told = Seen.of(receiver.await(before + 1), receiver.bodies.get(before));
                UnwrapWebhookEvent event = told.unwrap(process.client, secret);
                assertThat(event.asFineTuningJobCancelled().validate().data().id())
                        .isEqualTo(job);
                assertThat(told.headers().values("webhook-id"))
                        .containsExactly(event.asFineTuningJobCancelled().id());
            }
        }
    }

    private ServiceProcess start(String log, Receiver receiver) throws Exception {
        return ServiceProcess.start(
                folder.resolve("data"),
                folder.resolve(log),
                "--rehearse.webhooks.allowed=" + receiver.authority(),
                "--rehearse.webhooks.backoff=0s",
                "--rehearse.webhooks.attempts=1000");
    }
}
