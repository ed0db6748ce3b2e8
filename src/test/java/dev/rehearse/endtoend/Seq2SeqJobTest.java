package dev.rehearse.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.finetuning.jobs.JobCreateParams;
import com.openai.models.models.Model;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From each blueprint of an encoder and a decoder to a model that was tuned by examples and then by rewards. */
@Timeout(240)
class Seq2SeqJobTest {
    @TempDir
    static Path data;

    private static RunningService service;
    private static Client client;

    @BeforeAll
    static void start() {
        service = RunningService.start(data);
        client = service.client;
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    @ParameterizedTest
    @CsvSource({"lstm-seq2seq, soft_dqn", "conv-seq2seq, dqn"})
    void itIsTrainedTunedByRewardsAskedAndEmbeds(String blueprint, String algorithm) {
        Model listed = client.openAi.models().retrieve(blueprint);
        assertThat(listed._additionalProperties().get("untrained").convert(Boolean.class))
                .isTrue();
        assertThat(listed._additionalProperties().get("parameters").convert(Long.class))
                .isBetween(1_500_000L, 2_200_000L);

        String examples = client.upload("train.jsonl", EchoTask.dialogues(400, 1));
        String taught = client.awaitModel(
                client.create(Jobs.supervised(examples, 60, 32).model(blueprint))
                        .id());
        assertThat(client.greedyReply(taught)).isEqualTo("say k a t");

        String questions = client.upload("questions.jsonl", EchoTask.questions(24, 3));
        String tuned = client.awaitModel(
                client.create(reinforcement(taught, questions, algorithm)).id());
        assertThat(client.greedyReply(tuned)).startsWith("say");

        List<Float> vector = client.openAi
                .embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model(taught)
                        .input("k a t")
                        .build())
                .data()
                .get(0)
                .embedding();
        double square = vector.stream().mapToDouble(number -> number * number).sum();
        assertThat(square).isBetween(0.999, 1.001);

        refused(taught);
    }

    private static JobCreateParams.Builder reinforcement(String model, String questions, String algorithm) {
        JobCreateParams.Builder job = Jobs.reinforcement(model, questions);
        JobCreateParams.Method method = job.build().method().orElseThrow();
        return job.method(method.toBuilder()
                .reinforcement(method.reinforcement().orElseThrow().toBuilder()
                        .putAdditionalProperty("algorithm", JsonValue.from(algorithm))
                        .build())
                .build());
    }

    /** What such a network has not is refused by name. */
    private static void refused(String model) {
        CompletionCreateParams.Builder text =
                CompletionCreateParams.builder().model(model).prompt("k a t").maxTokens(4);
        assertThat(client.openAi.completions().create(text.build()).choices()).hasSize(1);
        assertThatThrownBy(() -> client.openAi
                        .completions()
                        .create(text.echo(true).logprobs(1).build()))
                .isInstanceOfSatisfying(
                        BadRequestException.class, e -> assertThat(e.param()).hasValue("echo"));
        JobCreateParams.Builder lora = Jobs.supervised("file-none", 1, 8).model(model);
        JobCreateParams.Method method = lora.build().method().orElseThrow();
        lora.method(method.toBuilder()
                .supervised(method.supervised().orElseThrow().toBuilder()
                        .removeAdditionalProperty("tokenizer")
                        .putAdditionalProperty("trainable", JsonValue.from(Map.of("kind", "lora")))
                        .build())
                .build());
        assertThatThrownBy(() -> client.create(lora))
                .isInstanceOfSatisfying(
                        BadRequestException.class, e -> assertThat(e.param()).hasValue("method.supervised.trainable"));
    }
}
