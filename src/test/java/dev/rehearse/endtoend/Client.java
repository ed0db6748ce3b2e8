package dev.rehearse.endtoend;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.MultipartField;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FilePurpose;
import com.openai.models.finetuning.jobs.FineTuningJob;
import com.openai.models.finetuning.jobs.FineTuningJobEvent;
import com.openai.models.finetuning.jobs.JobCreateParams;
import com.openai.models.finetuning.jobs.JobListEventsParams;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** OpenAI's own client, and the calls that these tests make again and again. */
final class Client implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);
    private static final Set<String> ENDS = Set.of("succeeded", "failed", "cancelled");

    final OpenAIClient openAi;

    Client(int port) {
        openAi = OpenAIOkHttpClient.builder()
                .baseUrl("http://localhost:" + port + "/v1")
                .apiKey("any")
                .maxRetries(0)
                .timeout(PATIENCE)
                .build();
    }

    String upload(String filename, byte[] content) {
        return openAi.files()
                .create(FileCreateParams.builder()
                        .file(MultipartField.<InputStream>builder()
                                .value(new ByteArrayInputStream(content))
                                .filename(filename)
                                .build())
                        .purpose(FilePurpose.FINE_TUNE)
                        .build())
                .validate()
                .id();
    }

    byte[] content(String file) throws IOException {
        try (var response = openAi.files().content(file)) {
            return response.body().readAllBytes();
        }
    }

    FineTuningJob create(JobCreateParams.Builder job) {
        return openAi.fineTuning().jobs().create(job.build());
    }

    FineTuningJob job(String id) {
        return openAi.fineTuning().jobs().retrieve(id);
    }

    FineTuningJob cancel(String id) {
        return openAi.fineTuning().jobs().cancel(id);
    }

    FineTuningJob awaitEnd(String id) {
        return await(id, job -> ENDS.contains(job.status().asString()));
    }

    /** The name of the model that the job made. */
    String awaitModel(String id) {
        FineTuningJob ended = awaitEnd(id);
        return ended.fineTunedModel().orElseThrow(() -> new AssertionError("no model: " + ended));
    }

    /** The job runs and has made at least one step of the attempt. */
    FineTuningJob awaitSteps(String id) {
        return await(id, job -> job.status().asString().equals("running") && step(job) >= 1);
    }

    /** Asks again until the job is as expected; one that ended otherwise never will be. */
    FineTuningJob await(String id, Predicate<FineTuningJob> expected) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            FineTuningJob job = job(id);
            if (expected.test(job)) {
                return job;
            }
            if (ENDS.contains(job.status().asString()) || System.nanoTime() > deadline) {
                throw new AssertionError("not as expected: " + job + " " + events(id));
            }
            pause();
        }
    }

    /** How far it is, of our own field {@code progress}. */
    static long step(FineTuningJob job) {
        return ((Number) object(job._additionalProperties().get("progress")).get("step")).longValue();
    }

    /** A JSON object that the client has no type for. */
    @SuppressWarnings("unchecked")
    static Map<String, Object> object(JsonValue value) {
        return value.convert(Map.class);
    }

    /** All of them, newest first, in pages of seven. */
    List<FineTuningJobEvent> events(String job) {
        return openAi
                .fineTuning()
                .jobs()
                .listEvents(JobListEventsParams.builder()
                        .fineTuningJobId(job)
                        .limit(7)
                        .build())
                .autoPager()
                .stream()
                .map(FineTuningJobEvent::validate)
                .toList();
    }

    List<String> messages(String job) {
        return events(job).stream().map(FineTuningJobEvent::message).toList();
    }

    /** One short question. */
    static ChatCompletionCreateParams.Builder chat(String model) {
        return ChatCompletionCreateParams.builder()
                .model(model)
                .addUserMessage("k a t")
                .maxCompletionTokens(8);
    }

    /** The most probable reply to one short question. */
    String greedyReply(String model) {
        return openAi.chat()
                .completions()
                .create(chat(model).temperature(0).build())
                .validate()
                .choices()
                .get(0)
                .message()
                .content()
                .orElseThrow();
    }

    /** Waits before the next look at something that has no way to call back. */
    static void pause() {
        try {
            Thread.sleep(BETWEEN_LOOKS.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        openAi.close();
    }
}
