package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rehearse.Api;
import dev.rehearse.ScriptedTraining;
import dev.rehearse.ServiceTest;
import dev.rehearse.training.Progress;
import dev.rehearse.training.RunControl;
import dev.rehearse.training.RunControl.Wish;
import dev.rehearse.training.RunSpec;
import dev.rehearse.training.StoppedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

@ServiceTest
class PauseApiTest {
    private static final String JOBS = "/v1/fine_tuning/jobs/";

    @LocalServerPort
    int port;

    @Autowired
    ScriptedTraining training;

    @Autowired
    JdbcClient database;

    @Autowired
    JobStore store;

    @Autowired
    JobPool pool;

    @Value("${rehearse.data-dir}")
    Path data;

    private Api api;
    private String file;

    @BeforeEach
    void upload() {
        api = new Api(port);
        file = api.trainingFile();
    }

    @AfterEach
    void leaveNothingUnfinished() {
        for (JsonNode job : api.get("/v1/fine_tuning/jobs?limit=1000").body().path("data")) {
            if (job.path("finished_at").isNull()) {
                post(job.path("id").asString(""), "cancel");
            }
        }
    }

    private Api.Answer post(String job, String verb) {
        return api.post(JOBS + job + "/" + verb, "");
    }

    private static String status(Api.Answer answer) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.body().path("status").asString("");
    }

    private void assertRefused(String job, String verb, String... words) {
        Api.Answer refused = post(job, verb);
        assertThat(refused.status()).as(refused.text()).isEqualTo(400);
        assertThat(refused.error().path("code").asString("")).isEqualTo("invalid_job_state");
        assertThat(refused.error().path("message").asString("")).contains(words);
    }

    /** Oldest first. */
    private List<String> messages(String job) {
        List<String> messages = new ArrayList<>();
        for (JsonNode event : api.get(JOBS + job + "/events?limit=1000").body().path("data")) {
            messages.add(0, event.path("message").asString(""));
        }
        return messages;
    }

    @Test
    void aRunningJobIsPausedWhenItHasStoppedAndRunsAgainWhenItIsResumed() {
        ScriptedTraining.Held held = training.hold(201);
        String id = api.createJob(file, 201).id();
        held.awaitEntered();
        Api.Answer paused = post(id, "pause");
        assertThat(status(paused)).isEqualTo("paused");
        held.awaitLeft();
        assertThat(paused.body().path("finished_at").isNull()).isTrue();
        assertThat(paused.body().path("estimated_finish").isNull()).isTrue();
        assertThat(paused.body().path("progress").path("queue_position").isNull())
                .isTrue();
        assertRefused(id, "pause", "is paused", "waits or runs");
        ScriptedTraining.Held again = training.hold(201);
        assertThat(status(post(id, "resume"))).isEqualTo("queued");
        again.awaitEntered();
        assertRefused(id, "resume", "only a paused job");
        assertThat(status(post(id, "pause"))).isEqualTo("paused");
        training.on(201, ScriptedTraining::succeed);
        assertThat(status(post(id, "resume"))).isEqualTo("queued");
        api.awaitStatus(id, "succeeded");
        assertThat(messages(id))
                .containsSubsequence(
                        "Fine-tuning job started",
                        "Pausing: the state is being saved",
                        "The job was paused",
                        "The job was resumed, moving it to queued state",
                        "Fine-tuning job started",
                        "The job was paused",
                        "The job was resumed, moving it to queued state",
                        "Fine-tuning job started");
        assertRefused(id, "pause", "is succeeded");
        assertRefused(id, "resume", "is succeeded");
    }

    @Test
    void aWaitingJobIsPausedAtOnceNeverRunsAndTakesItsOldPlaceWhenItIsResumed() {
        ScriptedTraining.Held held = training.hold(211);
        String running = api.createJob(file, 211).id();
        held.awaitEntered();
        String first = api.createJob(file, 212).id();
        assertThat(status(post(first, "pause"))).isEqualTo("paused");
        List<Integer> order = new ArrayList<>();
        for (int seed : List.of(212, 213)) {
            training.on(seed, (spec, control) -> {
                order.add(seed);
                return ScriptedTraining.succeed(spec, control);
            });
        }
        String second = api.createJob(file, 213).id();
        assertThat(queuePosition(second)).isEqualTo(1);
        Api.Answer resumed = post(first, "resume");
        assertThat(status(resumed)).isEqualTo("queued");
        assertThat(resumed.body().path("progress").path("queue_position").asInt())
                .isEqualTo(1);
        assertThat(queuePosition(second)).isEqualTo(2);
        held.letGo();
        api.awaitStatus(running, "succeeded");
        api.awaitStatus(first, "succeeded");
        api.awaitStatus(second, "succeeded");
        assertThat(order).containsExactly(212, 213);
    }

    private int queuePosition(String job) {
        return api.job(job).path("progress").path("queue_position").asInt();
    }

    @Test
    void whatARunLeftIsThereWhenItGoesOnAndGoneWhenTheJobHasEnded() {
        CountDownLatch entered = new CountDownLatch(1);
        training.on(221, (spec, control) -> {
            write(spec);
            entered.countDown();
            while (true) {
                control.stopIfRequested();
                Thread.onSpinWait();
            }
        });
        String id = api.createJob(file, 221).id();
        ScriptedTraining.Held.await(entered);
        assertThat(status(post(id, "pause"))).isEqualTo("paused");
        training.on(221, (spec, control) -> {
            assertThat(spec.outputDirectory().resolve("state")).hasContent("saved");
            return ScriptedTraining.succeed(spec, control);
        });
        post(id, "resume");
        api.awaitStatus(id, "succeeded");
        awaitCleanFolder(id);
    }

    private static void write(RunSpec spec) {
        try {
            Files.writeString(spec.outputDirectory().resolve("state"), "saved");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void awaitCleanFolder(String job) {
        Path folder = data.resolve("runs").resolve(job);
        api.await("/livez", ignored -> {
            try (var entries = Files.list(folder)) {
                return entries.noneMatch(entry -> entry.getFileName().toString().startsWith("attempt-"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    @Test
    void theCheckpointOfAPauseIsAModelAndStaysWhenThePausedJobIsCancelled() {
        CountDownLatch entered = new CountDownLatch(1);
        training.on(231, (spec, control) -> {
            entered.countDown();
            awaitPause(control);
            control.report(new Progress.CheckpointSaved(ScriptedTraining.checkpoint(spec, 7)));
            throw new StoppedException();
        });
        String id = api.createJob(file, 231).id();
        ScriptedTraining.Held.await(entered);
        assertThat(status(post(id, "pause"))).isEqualTo("paused");
        JsonNode checkpoint =
                api.get(JOBS + id + "/checkpoints").body().path("data").get(0);
        assertThat(checkpoint.path("step_number").asInt()).isEqualTo(7);
        String model = checkpoint.path("fine_tuned_model_checkpoint").asString("");
        assertThat(api.get("/v1/models/" + model).status()).isEqualTo(200);
        assertThat(status(post(id, "cancel"))).isEqualTo("cancelled");
        assertThat(api.get("/v1/models/" + model).status()).isEqualTo(200);
        awaitCleanFolder(id);
        assertRefused(id, "resume", "is cancelled");
    }

    private static void awaitPause(RunControl control) {
        await().until(() -> control.wish() == Wish.PAUSE);
    }

    @Test
    void aRunThatEndsBeforeItNoticesHasEnded() {
        CountDownLatch entered = new CountDownLatch(1);
        training.on(241, (spec, control) -> {
            entered.countDown();
            awaitPause(control);
            return ScriptedTraining.succeed(spec, control);
        });
        String id = api.createJob(file, 241).id();
        ScriptedTraining.Held.await(entered);
        assertThat(status(post(id, "pause"))).isEqualTo("succeeded");
        assertThat(api.job(id).path("fine_tuned_model").asString("")).startsWith("ft:");
    }

    @Test
    void aRunThatBreaksWhileItIsPausedFailsTheJob() {
        CountDownLatch entered = new CountDownLatch(1);
        training.on(251, (spec, control) -> {
            entered.countDown();
            awaitPause(control);
            throw new IllegalStateException("the disk is gone");
        });
        String id = api.createJob(file, 251).id();
        ScriptedTraining.Held.await(entered);
        assertThat(status(post(id, "pause"))).isEqualTo("failed");
        assertThat(api.job(id).path("error").path("message").asString("")).contains("the disk is gone");
    }

    @Test
    void aJobWhoseProcessDiesWhileItPausesIsPaused() {
        ScriptedTraining.Held held = training.hold(256);
        String blocker = api.createJob(file, 256).id();
        held.awaitEntered();
        String id = api.createJob(file, 257).id();
        api.awaitStatus(id, "queued");
        assertThat(database.sql("update jobs set state = 'PAUSING', attempt = 1 where id = :id")
                        .param("id", id)
                        .update())
                .isEqualTo(1);
        assertThat(api.job(id).path("status").asString("")).isEqualTo("running");
        held.letGo();
        api.awaitStatus(blocker, "succeeded");
        api.awaitStatus(id, "paused");
        assertThat(messages(id)).endsWith("The job was paused");
        assertThat(status(post(id, "resume"))).isEqualTo("queued");
        api.awaitStatus(id, "succeeded");
    }

    /** As whoever resumes it and the worker that sees it resumed do. */
    @Test
    void aJobThatSeveralTakeBackAtOnceRunsOnce() throws Exception {
        ScriptedTraining.Held held = training.hold(258);
        String blocker = api.createJob(file, 258).id();
        held.awaitEntered();
        String id = api.createJob(file, 259).id();
        api.awaitStatus(id, "queued");
        Job waiting = store.require(new JobId(id));
        ExecutorService takers = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> taken = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                taken.add(takers.submit(() -> pool.takeBack(waiting)));
            }
            for (Future<?> one : taken) {
                one.get();
            }
        } finally {
            takers.shutdownNow();
        }
        held.letGo();
        api.awaitStatus(blocker, "succeeded");
        api.awaitStatus(id, "succeeded");
        assertThat(messages(id)).containsOnlyOnce("Fine-tuning job started");
    }

    @Test
    void whatAPausedJobNeedsIsNotDeleted() {
        ScriptedTraining.Held held = training.hold(261);
        String base = api.awaitStatus(api.createJob(file, 260).id(), "succeeded")
                .path("fine_tuned_model")
                .asString("");
        String id = api.createJob(Map.of("training_file", file, "seed", 261, "model", base))
                .id();
        held.awaitEntered();
        assertThat(status(post(id, "pause"))).isEqualTo("paused");
        for (String path : List.of("/v1/files/" + file, "/v1/models/" + base)) {
            Api.Answer refused = api.delete(path);
            assertThat(refused.status()).as(path).isEqualTo(400);
            assertThat(refused.error().path("message").asString("")).contains(id);
        }
        post(id, "cancel");
        assertThat(api.delete("/v1/files/" + file).status()).isEqualTo(200);
        assertThat(api.delete("/v1/models/" + base).status()).isEqualTo(200);
    }

    @Test
    void aResumedJobCountsAsOneThatWaits() {
        ScriptedTraining.Held held = training.hold(271);
        api.createJob(file, 271);
        held.awaitEntered();
        String paused = api.createJob(file, 272).id();
        assertThat(status(post(paused, "pause"))).isEqualTo("paused");
        for (int seed = 273; seed < 276; seed++) {
            assertThat(api.createJob(file, seed).status()).isEqualTo(200);
        }
        Api.Answer refused = post(paused, "resume");
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.error().path("code").asString("")).isEqualTo("job_limit_exceeded");
        assertThat(api.job(paused).path("status").asString("")).isEqualTo("paused");
        held.letGo();
    }

    @Test
    void anUnknownJobIsNotFound() {
        for (String verb : List.of("pause", "resume")) {
            Api.Answer missing = post("ftjob-000000000000000000000000", verb);
            assertThat(missing.status()).isEqualTo(404);
            assertThat(missing.error().path("type").asString("")).isEqualTo("invalid_request_error");
        }
    }
}
