package dev.rehearse.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.models.finetuning.jobs.FineTuningJob;
import com.openai.models.finetuning.jobs.JobCreateParams;
import com.openai.models.finetuning.jobs.checkpoints.FineTuningJobCheckpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A job that is paused, resumed, and killed while its state is being written makes the model that it would have made
 * undisturbed, to the bit.
 */
@Timeout(240)
class ResumedJobTest {
    private static final int STEPS = 12;
    private static final int BATCH = 16;

    /** The state is saved whenever the last save is as long ago as it took. */
    private static final String[] SAVE_ALL_THE_TIME = {
        "--rehearse.jobs.save-interval=0s", "--rehearse.jobs.save-share=1"
    };

    @TempDir
    Path folder;

    private Path data() {
        return folder.resolve("data");
    }

    private ServiceProcess start(String log) throws IOException {
        return ServiceProcess.start(data(), folder.resolve(log), SAVE_ALL_THE_TIME);
    }

    @Test
    void itEndsWithTheSameBits() throws Exception {
        String whole;
        String disturbed;
        try (ServiceProcess process = start("first.log")) {
            Client client = process.client;
            String train = client.upload("train.jsonl", EchoTask.dialogues(400, 1));
            JobCreateParams.Builder job = Jobs.supervised(train, STEPS, BATCH);
            whole = client.create(job).id();
            client.awaitModel(whole);
            disturbed = client.create(job).id();
            client.awaitSteps(disturbed);
            pauseAndResume(client, disturbed);
            killWhileSaving(process, disturbed);
        }
        try (ServiceProcess process = start("second.log")) {
            Client client = process.client;
            client.awaitModel(disturbed);
            assertThat(Files.readAllBytes(weights(disturbed))).isEqualTo(Files.readAllBytes(weights(whole)));
            assertThat(client.job(disturbed).trainedTokens())
                    .isEqualTo(client.job(whole).trainedTokens());
            assertThat(client.messages(disturbed))
                    .filteredOn(message -> message.startsWith("Resuming from step "))
                    .hasSize(2);
            assertThat(steps(client, disturbed)).isEqualTo(steps(client, whole));
        }
    }

    private static void pauseAndResume(Client client, String job) {
        FineTuningJob paused = client.openAi.fineTuning().jobs().pause(job);
        assertThat(paused.status().asString()).isEqualTo("paused");
        long step = Client.step(paused);
        assertThat(step).isPositive().isLessThan(STEPS);
        FineTuningJobCheckpoint snapshot =
                client.openAi.fineTuning().jobs().checkpoints().list(job).data().get(0);
        assertThat(snapshot.stepNumber()).isEqualTo(step);
        assertThat(client.greedyReply(snapshot.fineTunedModelCheckpoint())).isNotNull();
        FineTuningJob resumed = client.openAi.fineTuning().jobs().resume(job);
        assertThat(resumed.status().asString()).isEqualTo("queued");
        client.await(job, now -> client.messages(job).contains("Resuming from step " + step));
    }

    private void killWhileSaving(ServiceProcess process, String job) throws Exception {
        Path run = data().resolve("runs").resolve(job);
        while (!isSaving(run)) {
            assertThat(process.client.job(job).status().asString()).isEqualTo("running");
        }
        process.kill();
    }

    private static boolean isSaving(Path run) throws IOException {
        try (Stream<Path> files = Files.find(
                run, 2, (path, attributes) -> path.getFileName().toString().matches("state-\\d+\\.part"))) {
            return files.findAny().isPresent();
        } catch (UncheckedIOException | NoSuchFileException e) {
            return false; // what was listed is gone
        }
    }

    private Path weights(String job) throws IOException {
        Path models = data().resolve("runs").resolve(job).resolve("models");
        try (Stream<Path> entries = Files.list(models)) {
            return entries.filter(path -> path.getFileName().toString().matches("attempt-\\d+"))
                    .findFirst()
                    .orElseThrow()
                    .resolve("model.safetensors");
        }
    }

    /** The checkpoints that are kept, with their metrics but for times. */
    private static List<String> steps(Client client, String job) {
        return client.openAi.fineTuning().jobs().checkpoints().list(job).data().stream()
                .map(checkpoint -> checkpoint.stepNumber() + " "
                        + checkpoint.metrics().trainLoss() + " "
                        + checkpoint.metrics().fullValidLoss().orElseThrow())
                .toList();
    }
}
