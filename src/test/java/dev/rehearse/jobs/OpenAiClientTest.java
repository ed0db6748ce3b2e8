package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FileListParams;
import com.openai.models.files.FileObject;
import com.openai.models.files.FilePurpose;
import com.openai.models.finetuning.jobs.FineTuningJob;
import com.openai.models.finetuning.jobs.FineTuningJobEvent;
import com.openai.models.finetuning.jobs.JobCreateParams;
import com.openai.models.finetuning.jobs.JobListEventsParams;
import com.openai.models.finetuning.jobs.JobListParams;
import com.openai.models.finetuning.jobs.checkpoints.CheckpointListParams;
import com.openai.models.finetuning.jobs.checkpoints.FineTuningJobCheckpoint;
import dev.rehearse.Api;
import dev.rehearse.ScriptedTraining;
import dev.rehearse.ServiceTest;
import java.io.ByteArrayInputStream;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

@ServiceTest
class OpenAiClientTest {
    @LocalServerPort
    int port;

    @Autowired
    ScriptedTraining training;

    private OpenAIClient client;
    private String file;

    @BeforeEach
    void connect() {
        client = OpenAIOkHttpClient.builder()
                .baseUrl("http://localhost:" + port + "/v1")
                .apiKey("any")
                .maxRetries(0)
                .build();
        file = upload();
    }

    @Test
    void filesAreUploadedReadListedAndDeleted() throws Exception {
        upload();
        upload();
        Set<String> ids = new HashSet<>();
        var page = client.files().list(FileListParams.builder().limit(2).build());
        for (FileObject listed : page.autoPager()) {
            assertThat(ids.add(listed.id())).isTrue();
        }
        assertThat(ids).contains(file).hasSizeGreaterThan(2);
        try (var content = client.files().content(file)) {
            assertThat(new String(content.body().readAllBytes())).startsWith("{\"prompt\"");
        }
        assertThat(client.files().delete(file).validate().deleted()).isTrue();
        assertThatThrownBy(() -> client.files().retrieve(file)).isInstanceOf(NotFoundException.class);
    }

    @Test
    void aJobIsCreatedWatchedAndListed() {
        FineTuningJob created = client.fineTuning().jobs().create(job());
        assertThat(created.validate().status()).isEqualTo(FineTuningJob.Status.VALIDATING_FILES);
        new Api(port).awaitStatus(created.id(), "succeeded");
        FineTuningJob done = client.fineTuning().jobs().retrieve(created.id()).validate();
        assertThat(done.fineTunedModel()).isPresent();
        assertThat(done.error()).isEmpty();

        int seen = 0;
        var events = client.fineTuning()
                .jobs()
                .listEvents(JobListEventsParams.builder()
                        .fineTuningJobId(created.id())
                        .limit(3)
                        .build());
        for (FineTuningJobEvent event : events.autoPager()) {
            event.validate();
            seen++;
        }
        assertThat(seen).isGreaterThan(6);
        var checkpoints = client.fineTuning()
                .jobs()
                .checkpoints()
                .list(CheckpointListParams.builder()
                        .fineTuningJobId(created.id())
                        .limit(1)
                        .build());
        assertThat(checkpoints.autoPager().stream()
                        .map(FineTuningJobCheckpoint::validate)
                        .toList())
                .extracting(FineTuningJobCheckpoint::stepNumber)
                .isEqualTo(List.of(2L, 1L));
        client.fineTuning().jobs().create(job());
        var jobs =
                client.fineTuning().jobs().list(JobListParams.builder().limit(1).build());
        assertThat(jobs.autoPager().stream().map(FineTuningJob::id).toList())
                .contains(created.id())
                .doesNotHaveDuplicates();
    }

    @Test
    void theNumbersOfAJobAreDownloaded() throws Exception {
        String id = client.fineTuning().jobs().create(job()).id();
        new Api(port).awaitStatus(id, "succeeded");
        FineTuningJob done = client.fineTuning().jobs().retrieve(id).validate();
        String results = done.resultFiles().get(0);
        assertThat(client.files().retrieve(results).purpose()).isEqualTo(FileObject.Purpose.FINE_TUNE_RESULTS);
        try (var content = client.files().content(results)) {
            assertThat(new String(content.body().readAllBytes())).startsWith("step,train_loss");
        }
        CheckpointListParams all =
                CheckpointListParams.builder().fineTuningJobId(id).build();
        assertThat(client.fineTuning().jobs().checkpoints().list(all).data())
                .extracting(checkpoint -> checkpoint.metrics().trainLoss().orElseThrow())
                .containsExactly(0.5, 1.5);
    }

    @Test
    void jobsAreFoundByTheirMetadata() {
        String mark = "mark " + file;
        String id = client.fineTuning()
                .jobs()
                .create(JobCreateParams.builder()
                        .model("gpt2-tiny")
                        .trainingFile(file)
                        .metadata(JobCreateParams.Metadata.builder()
                                .putAdditionalProperty("a [key]", JsonValue.from(mark))
                                .build())
                        .build())
                .id();
        JobListParams marked = JobListParams.builder()
                .metadata(JobListParams.Metadata.builder()
                        .putAdditionalProperty("a [key]", mark)
                        .build())
                .build();
        assertThat(client.fineTuning().jobs().list(marked).autoPager().stream()
                        .map(FineTuningJob::id)
                        .toList())
                .containsExactly(id);
        new Api(port).awaitStatus(id, "succeeded");
    }

    @Test
    void refusalsAreTheClientsOwnExceptions() {
        String id = client.fineTuning().jobs().create(job()).id();
        new Api(port).awaitStatus(id, "succeeded");
        assertThatThrownBy(() -> client.fineTuning().jobs().cancel(id)).isInstanceOf(BadRequestException.class);
        assertThatThrownBy(() -> client.fineTuning().jobs().retrieve("ftjob-nobody"))
                .isInstanceOf(NotFoundException.class);
    }

    private JobCreateParams job() {
        return JobCreateParams.builder().model("gpt2-tiny").trainingFile(file).build();
    }

    private String upload() {
        return client.files()
                .create(FileCreateParams.builder()
                        .file(com.openai.core.MultipartField.<java.io.InputStream>builder()
                                .value(new ByteArrayInputStream("{\"prompt\":\"a\",\"completion\":\"b\"}\n".getBytes()))
                                .filename("rows.jsonl")
                                .build())
                        .purpose(FilePurpose.FINE_TUNE)
                        .build())
                .validate()
                .id();
    }
}
