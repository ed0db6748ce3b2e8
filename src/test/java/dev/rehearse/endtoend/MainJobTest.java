package dev.rehearse.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.finetuning.jobs.FineTuningJob;
import com.openai.models.finetuning.jobs.FineTuningJobEvent;
import com.openai.models.finetuning.jobs.JobCreateParams;
import com.openai.models.finetuning.jobs.checkpoints.CheckpointListParams;
import com.openai.models.finetuning.jobs.checkpoints.FineTuningJobCheckpoint;
import com.openai.models.models.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** From files of words to a served model that has learned by replay, with OpenAI's own client. */
@Timeout(120)
class MainJobTest {
    private static final byte[] TRAIN = EchoTask.dialogues(48, 1);
    private static final int STEPS = 30;

    @TempDir
    static Path data;

    private static RunningService service;
    private static Client client;
    private static FineTuningJob job;
    private static String train;
    private static String tuned;

    @BeforeAll
    static void trainAModel() {
        service = RunningService.start(data);
        client = service.client;
        train = client.upload("train.jsonl", TRAIN);
        String validation = client.upload("validation.jsonl", EchoTask.dialogues(12, 2));
        job = client.create(
                Jobs.supervised(train, STEPS, 16).validationFile(validation).suffix("echo"));
        tuned = client.awaitModel(job.id());
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    @Test
    void theJobTellsWhatBecameOfIt() {
        assertThat(job.status()).isEqualTo(FineTuningJob.Status.VALIDATING_FILES);
        FineTuningJob done = client.job(job.id()).validate();
        assertThat(done.status()).isEqualTo(FineTuningJob.Status.SUCCEEDED);
        assertThat(tuned).startsWith("ft:gpt2-tiny:local:echo:");
        assertThat(done.error()).isEmpty();
        assertThat(done.finishedAt()).isPresent();
        assertThat(done.trainedTokens().orElseThrow()).isPositive();
        assertThat(done.hyperparameters().batchSize().orElseThrow().asInteger()).isEqualTo(16);
        assertThat(Client.step(done)).isEqualTo(STEPS);
    }

    @Test
    void eventsTellTheStoryNewestFirst() {
        List<FineTuningJobEvent> events = client.events(job.id());
        assertThat(events).extracting(FineTuningJobEvent::id).doesNotHaveDuplicates();
        assertThat(events)
                .extracting(FineTuningJobEvent::createdAt)
                .isSortedAccordingTo(Comparator.<Long>naturalOrder().reversed());
        List<String> story = new ArrayList<>(client.messages(job.id()));
        Collections.reverse(story);
        assertThat(story)
                .containsSubsequence(
                        "Created fine-tuning job: " + job.id(),
                        "Files validated, moving job to queued state",
                        "Fine-tuning job started",
                        "The job has successfully completed; new model: " + tuned);
        List<Map<String, Object>> metrics = metrics(events);
        assertThat(metrics.get(0)).containsKeys("step", "total_steps", "full_valid_loss");
        assertThat(metrics).anySatisfy(data -> assertThat(data).containsKeys("train_loss", "tokens_per_second"));
        assertThat(number(metrics.get(0), "valid_loss"))
                .isLessThan(number(metrics.get(metrics.size() - 2), "valid_loss"));
    }

    @Test
    void theBestCheckpointsAreModels() {
        List<FineTuningJobCheckpoint> checkpoints = client
                .openAi
                .fineTuning()
                .jobs()
                .checkpoints()
                .list(CheckpointListParams.builder()
                        .fineTuningJobId(job.id())
                        .limit(1)
                        .build())
                .autoPager()
                .stream()
                .map(FineTuningJobCheckpoint::validate)
                .toList();
        assertThat(checkpoints)
                .hasSizeBetween(1, 3)
                .extracting(FineTuningJobCheckpoint::stepNumber)
                .isSortedAccordingTo(Comparator.<Long>naturalOrder().reversed());
        for (FineTuningJobCheckpoint checkpoint : checkpoints) {
            assertThat(checkpoint.metrics().validLoss()).isPresent();
            assertThat(checkpoint.fineTunedModelCheckpoint())
                    .isEqualTo(tuned + ":ckpt-step-" + checkpoint.stepNumber());
            assertThat(client.greedyReply(checkpoint.fineTunedModelCheckpoint()))
                    .isNotBlank();
        }
    }

    @Test
    void theModelIsListed() {
        assertThat(client.openAi.models().list().autoPager())
                .extracting(Model::id)
                .contains(tuned, "gpt2-tiny");
        assertThat(client.openAi.models().retrieve(tuned).validate().ownedBy()).isEqualTo("local");
    }

    @Test
    void theModelHasLearnedHowRepliesBegin() {
        ChatCompletion whole = client.openAi
                .chat()
                .completions()
                .create(Client.chat(tuned).temperature(0).build())
                .validate();
        ChatCompletion.Choice choice = whole.choices().get(0);
        assertThat(choice.message().content().orElseThrow()).startsWith("say ");
        assertThat(choice.finishReason().asString()).isIn("stop", "length");
        assertThat(whole.usage().orElseThrow().completionTokens()).isBetween(1L, 8L);
    }

    @Test
    void aStreamIsTheSameReplyInPieces() {
        var params = Client.chat(tuned)
                .temperature(0)
                .streamOptions(
                        ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build();
        try (StreamResponse<ChatCompletionChunk> stream =
                client.openAi.chat().completions().createStreaming(params)) {
            List<ChatCompletionChunk> chunks =
                    stream.stream().peek(ChatCompletionChunk::validate).toList();
            String joined = chunks.stream()
                    .flatMap(chunk -> chunk.choices().stream())
                    .flatMap(choice -> choice.delta().content().stream())
                    .collect(Collectors.joining());
            assertThat(joined).isEqualTo(client.greedyReply(tuned));
            assertThat(chunks.get(chunks.size() - 1).usage().orElseThrow().totalTokens())
                    .isPositive();
        }
    }

    @Test
    void severalRepliesComeWithTheirProbabilities() {
        ChatCompletion answer = client.openAi
                .chat()
                .completions()
                .create(Client.chat(tuned)
                        .n(2)
                        .logprobs(true)
                        .topLogprobs(2)
                        .seed(3)
                        .build())
                .validate();
        assertThat(answer.choices()).hasSize(2).allSatisfy(choice -> {
            var tokens = choice.logprobs().orElseThrow().content().orElseThrow();
            assertThat(tokens).isNotEmpty().allSatisfy(token -> {
                assertThat(token.logprob()).isLessThanOrEqualTo(0);
                assertThat(token.topLogprobs()).hasSize(2);
            });
        });
    }

    @Test
    void aStopStringCutsTheReplyOff() {
        ChatCompletion stopped = client.openAi
                .chat()
                .completions()
                .create(Client.chat(tuned).temperature(0).stop("ay").build())
                .validate();
        assertThat(stopped.choices().get(0).message().content()).hasValue("s");
        assertThat(stopped.choices().get(0).finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
    }

    @Test
    void theSameSeedIsTheSameReply() {
        var params = Client.chat(tuned).n(4).seed(11).temperature(1).build();
        assertThat(contents(params)).isEqualTo(contents(params));
        var others = Client.chat(tuned).n(4).seed(12).temperature(1).build();
        assertThat(contents(others)).isNotEqualTo(contents(params));
    }

    @Test
    void aTextIsContinuedToo() {
        Completion completion = client.openAi
                .completions()
                .create(CompletionCreateParams.builder()
                        .model(tuned)
                        .prompt("k a")
                        .echo(true)
                        .maxTokens(5)
                        .seed(1)
                        .build())
                .validate();
        assertThat(completion.choices().get(0).text()).startsWith("k a");
        assertThat(completion.usage().orElseThrow().completionTokens()).isBetween(1L, 5L);
    }

    @Test
    void reinforcementGoesOnFromTheModel() {
        String questions = client.upload("questions.jsonl", EchoTask.questions(32, 3));
        String validation = client.upload("held-out.jsonl", EchoTask.questions(8, 4));
        FineTuningJob created =
                client.create(Jobs.reinforcement(tuned, questions).validationFile(validation));
        assertThat(created.model()).isEqualTo(tuned);
        String learned = client.awaitModel(created.id());
        assertThat(learned).startsWith("ft:gpt2-tiny:local::").isNotEqualTo(tuned);

        List<Map<String, Object>> metrics = metrics(client.events(created.id()));
        Map<String, Object> last = metrics.get(0);
        assertThat(last)
                .containsKeys("step", "total_steps", "train_mean_reward", "full_valid_mean_reward")
                .containsKeys("full_valid_mean_parse_error", "completion_tokens_mean", "reasoning_tokens_mean")
                .containsKeys("mean_unresponsive_rewards", "scores", "errors", "usage", "timing", "dqn");
        Set<Object> ours = Set.copyOf(((Map<?, ?>) last.get("dqn")).keySet());
        assertThat(ours)
                .contains("epsilon", "td_loss", "q_mean", "q_max", "target_q_mean", "replay_size", "grad_norm", "lr")
                .contains("valid_sampled_reward_mean", "train_reply_tokens_mean", "epoch", "trained_tokens");
        assertThat(number(last, "train_mean_reward")).isBetween(0.0, 1.0);
        assertThat(Client.step(client.job(created.id()))).isEqualTo(6);
        assertThat(client.greedyReply(learned)).isNotBlank();
    }

    @Test
    void aRunningJobIsCancelled() {
        String id = client.create(Jobs.supervised(train, 1_000_000, 1)).id();
        client.awaitSteps(id);
        assertThat(client.cancel(id).status()).isEqualTo(FineTuningJob.Status.CANCELLED);
        FineTuningJob cancelled = client.job(id);
        assertThat(cancelled.status()).isEqualTo(FineTuningJob.Status.CANCELLED);
        assertThat(cancelled.fineTunedModel()).isEmpty();
        assertThat(client.messages(id).get(0)).isEqualTo("The job was cancelled");
        assertThatThrownBy(() -> client.cancel(id)).isInstanceOf(BadRequestException.class);
    }

    @Test
    void whatIsDeletedIsGone() {
        String file = client.upload("brief.jsonl", EchoTask.dialogues(4, 5));
        String id = client.create(Jobs.supervised(file, 1, 4)).id();
        String model = client.awaitModel(id);
        assertThat(client.greedyReply(model)).isNotNull();
        assertThat(client.openAi.models().delete(model).validate().deleted()).isTrue();
        assertThatThrownBy(() -> client.openAi.models().retrieve(model)).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> client.greedyReply(model)).isInstanceOf(NotFoundException.class);
        assertThat(client.openAi.files().delete(file).validate().deleted()).isTrue();
        assertThatThrownBy(() -> client.content(file)).isInstanceOf(NotFoundException.class);
        assertThat(client.job(id).status()).isEqualTo(FineTuningJob.Status.SUCCEEDED);
    }

    @Test
    void aBadRowFailsTheJobWithItsLine() {
        String good = EchoTask.dialogue("k a t");
        String broken = client.upload("broken.jsonl", EchoTask.bytes(List.of(good, good, "{\"messages\":[", good)));
        refused(Jobs.supervised(broken, 1, 4), "invalid_training_file", "line 3");
        String mute = client.upload("mute.jsonl", EchoTask.bytes(List.of(good, good, "{\"word\":\"k a t\"}")));
        refused(Jobs.supervised(mute, 1, 4), "invalid_training_file", "line 3");
    }

    @Test
    void aRowLongerThanTheContextFailsTheJobWithItsLineAndItsFile() {
        String good = EchoTask.dialogue("k a t");
        String endless = EchoTask.dialogue("k a t ".repeat(200).strip());
        String file = client.upload("endless.jsonl", EchoTask.bytes(List.of(good, endless, good)));
        refused(Jobs.supervised(file, 1, 4).validationFile(train), "invalid_training_file", "line 2");
        refused(Jobs.supervised(train, 1, 4).validationFile(file), "invalid_validation_file", "line 2");
        refused(Jobs.supervised(file, 1, 4), "invalid_training_file", "line 2");
    }

    @Test
    void soDoesAPromptThatLeavesNoRoomForAReply() {
        String questions = client.upload("questions.jsonl", EchoTask.questions(4, 6));
        String endless =
                "{\"messages\":[{\"role\":\"user\",\"content\":\"" + "k a t ".repeat(200) + "\"}],\"answer\":\"a\"}";
        String file = client.upload("endless.jsonl", EchoTask.bytes(List.of(endless)));
        refused(Jobs.reinforcement(tuned, file), "invalid_training_file", "line 1");
        refused(Jobs.reinforcement(tuned, questions).validationFile(file), "invalid_validation_file", "line 1");
    }

    @Test
    void aBlueprintCannotBeReinforced() {
        String questions = client.upload("questions.jsonl", EchoTask.questions(4, 6));
        assertThatThrownBy(() -> client.create(Jobs.reinforcement("gpt2-tiny", questions)))
                .isInstanceOfSatisfying(
                        BadRequestException.class, e -> assertThat(e.param()).hasValue("model"));
    }

    private static void refused(JobCreateParams.Builder job, String code, String line) {
        FineTuningJob failed = client.awaitEnd(client.create(job).id());
        assertThat(failed.status()).isEqualTo(FineTuningJob.Status.FAILED);
        FineTuningJob.Error error = failed.error().orElseThrow();
        assertThat(error.code()).isEqualTo(code);
        assertThat(error.message()).startsWith(line + ":");
        assertThat("invalid_" + error.param().orElseThrow()).isEqualTo(code);
    }

    private static List<String> contents(ChatCompletionCreateParams params) {
        return client.openAi.chat().completions().create(params).choices().stream()
                .map(choice -> choice.message().content().orElseThrow())
                .toList();
    }

    private static List<Map<String, Object>> metrics(List<FineTuningJobEvent> events) {
        return events.stream()
                .filter(event -> event.type().equals(Optional.of(FineTuningJobEvent.Type.METRICS)))
                .map(event -> Client.object(event._data()))
                .toList();
    }

    private static double number(Map<String, Object> data, String name) {
        return ((Number) data.get(name)).doubleValue();
    }
}
