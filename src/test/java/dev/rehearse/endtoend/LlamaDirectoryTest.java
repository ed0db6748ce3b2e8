package dev.rehearse.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.models.finetuning.jobs.FineTuningJob;
import com.openai.models.finetuning.jobs.JobCreateParams;
import com.openai.models.finetuning.methods.SupervisedMethod;
import com.openai.models.models.Model;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.Llama;
import dev.rehearse.networks.NetworkOptions;
import dev.rehearse.networks.TorchNetwork;
import dev.rehearse.text.Tokenizer;
import dev.rehearse.text.TokenizerKind;
import dev.rehearse.text.TokenizerSpec;
import dev.rehearse.text.TokenizerTrainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A directory of Hugging Face's form, put under the models folder: listed, asked, tuned in each way, and asked again. */
@Timeout(120)
class LlamaDirectoryTest {
    private static final String BASE = "tiny-llama";

    @TempDir
    static Path data;

    private static RunningService service;
    private static Client client;
    private static String examples;

    @BeforeAll
    static void start() throws IOException {
        write(Files.createDirectories(data.resolve("models").resolve(BASE)));
        service = RunningService.start(data);
        client = service.client;
        examples = client.upload("train.jsonl", EchoTask.dialogues(32, 1));
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    private static void write(Path directory) throws IOException {
        new TokenizerTrainer(new TokenizerSpec(TokenizerKind.CHAR, 64, false))
                .train(Stream.of("say aeikost l"), 64, directory);
        try (Tokenizer tokenizer = Tokenizer.open(directory);
                Device device = Device.open("cpu");
                TorchNetwork network = TorchNetwork.create(
                        device, Llama.of(tokenizer.vocabularySize(), 64, 32, 2, 4, 2), NetworkOptions.exact(), 3)) {
            network.save(directory);
            Files.writeString(
                    directory.resolve("config.json"),
                    network.config(tokenizer.endId()).toString());
        }
    }

    private static JobCreateParams.Builder job(Map<String, Object> trainable) {
        SupervisedMethod method = SupervisedMethod.builder()
                .putAdditionalProperty("max_steps", JsonValue.from(4))
                .putAdditionalProperty("trainable", JsonValue.from(trainable))
                .build();
        return JobCreateParams.builder()
                .model(BASE)
                .trainingFile(examples)
                .seed(7)
                .method(JobCreateParams.Method.builder()
                        .type(JobCreateParams.Method.Type.SUPERVISED)
                        .supervised(method)
                        .build());
    }

    @Test
    void itIsListedWithItsSizeAndChats() {
        Model listed = client.openAi.models().retrieve(BASE);
        assertThat(listed._additionalProperties().get("parameters").convert(Long.class))
                .isGreaterThan(10_000L);
        Model blueprint = client.openAi.models().retrieve("llama-tiny");
        assertThat(blueprint._additionalProperties().get("untrained").convert(Boolean.class))
                .isTrue();
        assertThat(blueprint._additionalProperties().get("parameters").convert(Long.class))
                .isBetween(1_000_000L, 3_000_000L);
        assertThat(client.greedyReply(BASE)).isNotNull();
    }

    @Test
    void itIsTunedWholeInItsLastLayersAndByAdapters() {
        for (Map<String, Object> trainable : List.<Map<String, Object>>of(
                Map.of("kind", "all"),
                Map.of("kind", "last_layers", "layers", 1),
                Map.of("kind", "lora", "rank", 4, "alpha", 8, "targets", "attention"))) {
            String model = client.awaitModel(client.create(job(trainable)).id());
            assertThat(model).startsWith("ft:" + BASE + ":");
            assertThat(client.greedyReply(model)).isNotNull();
        }
    }

    @Test
    void adaptersGoThroughReinforcementAndLieBesideTheModel() throws IOException {
        String questions = client.upload("questions.jsonl", EchoTask.questions(16, 3));
        JobCreateParams.Builder reinforcement = Jobs.reinforcement(BASE, questions);
        JobCreateParams.Method method = reinforcement.build().method().orElseThrow();
        reinforcement.method(method.toBuilder()
                .reinforcement(method.reinforcement().orElseThrow().toBuilder()
                        .putAdditionalProperty("trainable", JsonValue.from(Map.of("kind", "lora")))
                        .build())
                .build());
        FineTuningJob job = client.create(reinforcement);
        assertThat(client.greedyReply(client.awaitModel(job.id()))).isNotNull();
        try (Stream<Path> files =
                Files.walk(data.resolve("runs").resolve(job.id()).resolve("models"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .contains("model.safetensors", "adapter", "adapter_config.json", "adapter_model.safetensors");
        }
    }

    @Test
    void aSettingThatDoesNotGoWithTheModelIsRefusedByName() {
        refused(job(Map.of("kind", "last_layers", "layers", 3)), "method.supervised.trainable.layers");
        refused(job(Map.of("kind", "lora", "rank", 0)), "method.supervised.trainable.rank");
        refused(job(Map.of("kind", "some")), "method.supervised.trainable.kind");
        refused(job(Map.of("kind", "all", "rank", 4)), "method.supervised.trainable.rank");
        refused(job(Map.of("kind", "lora")).model("llama-tiny"), "method.supervised.trainable");
    }

    private static void refused(JobCreateParams.Builder job, String param) {
        assertThatThrownBy(() -> client.create(job))
                .isInstanceOfSatisfying(
                        BadRequestException.class, e -> assertThat(e.param()).hasValue(param));
    }

    @Test
    void aBrokenDirectoryIsAClearAnswer() throws IOException {
        Path broken = Files.createDirectories(data.resolve("models/broken"));
        write(broken);
        String config = Files.readString(broken.resolve("config.json"));
        Files.writeString(
                broken.resolve("config.json"), config.replace("\"num_hidden_layers\":2", "\"num_hidden_layers\":3"));
        assertThatThrownBy(() -> client.greedyReply("broken"))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("layers.2.input_layernorm.weight is missing");
    }
}
