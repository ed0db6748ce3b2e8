package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.Api;
import dev.rehearse.ScriptedTraining;
import dev.rehearse.ServiceTest;
import dev.rehearse.training.InvalidExampleException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLTransientConnectionException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

@ServiceTest
class JobsApiTest {
    private static final String JOBS = "/v1/fine_tuning/jobs";

    @LocalServerPort
    int port;

    @Autowired
    ScriptedTraining training;

    @Autowired
    JdbcClient database;

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
    void leaveNothingRunning() {
        for (JsonNode job : api.get(JOBS + "?limit=1000").body().path("data")) {
            String status = job.path("status").asString("");
            if (List.of("validating_files", "queued", "running", "paused").contains(status)) {
                api.post(JOBS + "/" + job.path("id").asString("") + "/cancel", "");
            }
        }
    }

    @Test
    void aJobGoesItsWayAndMakesModels() {
        Api.Answer created =
                api.createJob(Map.of("training_file", file, "suffix", "say", "metadata", Map.of("a", "b")));
        assertThat(created.status()).isEqualTo(200);
        assertThat(created.body().path("status").asString("")).isEqualTo("validating_files");
        assertThat(created.body().propertyNames())
                .contains("id", "object", "created_at", "error", "fine_tuned_model", "finished_at", "hyperparameters")
                .contains("model", "organization_id", "result_files", "seed", "status", "trained_tokens")
                .contains("training_file", "validation_file", "estimated_finish", "metadata", "method", "progress");
        assertThat(created.body().path("hyperparameters").isObject()).isTrue();
        assertThat(created.body().path("error").isNull()).isTrue();

        JsonNode done = api.awaitStatus(created.id(), "succeeded");
        String model = done.path("fine_tuned_model").asString("");
        assertThat(model)
                .isEqualTo("ft:gpt2-tiny:local:say:"
                        + created.id().substring(created.id().length() - 8));
        assertThat(done.path("trained_tokens").asInt()).isEqualTo(42);
        assertThat(done.path("hyperparameters").path("n_epochs").asInt()).isEqualTo(1);
        assertThat(done.path("hyperparameters").path("learning_rate_multiplier").asString(""))
                .isEqualTo("auto");
        assertThat(done.path("finished_at").isIntegralNumber()).isTrue();
        assertThat(done.path("progress").path("step").asInt()).isEqualTo(2);
        assertThat(done.path("metadata").path("a").asString("")).isEqualTo("b");

        JsonNode checkpoints =
                api.get(JOBS + "/" + created.id() + "/checkpoints").body();
        assertThat(checkpoints.path("data")).hasSize(2);
        assertThat(checkpoints.path("has_more").asBoolean(true)).isFalse();
        JsonNode newest = checkpoints.path("data").get(0);
        assertThat(newest.path("step_number").asInt()).isEqualTo(2);
        assertThat(newest.path("fine_tuned_model_checkpoint").asString("")).isEqualTo(model + ":ckpt-step-2");
        assertThat(newest.path("metrics").path("valid_loss").asDouble()).isEqualTo(0.5);
        assertThat(checkpoints.path("first_id")).isEqualTo(newest.path("id"));
        awaitNoTask(created.id()); // the worker tidies up after the job has ended
        assertThat(data.resolve("runs").resolve(created.id())).isDirectoryNotContaining("glob:**/attempt-*");
    }

    @Test
    void eventsTellTheStoryNewestFirst() {
        String id = api.createJob(file, 1).id();
        api.awaitStatus(id, "succeeded");
        JsonNode events = api.get(JOBS + "/" + id + "/events?limit=100").body();
        List<String> messages = new ArrayList<>();
        events.path("data").forEach(event -> messages.add(event.path("message").asString("")));
        assertThat(messages.get(0)).contains("successfully completed");
        assertThat(messages.get(messages.size() - 1)).contains("Created fine-tuning job");
        assertThat(messages)
                .contains(
                        "Step 2/2: training loss=0.5000",
                        "Step 2/2: training loss=0.5000, full validation loss=0.7500");
        JsonNode metrics = null;
        for (JsonNode event : events.path("data")) {
            metrics = event.path("message").asString("").startsWith("Step 1/2") ? event : metrics;
        }
        assertThat(metrics).isNotNull();
        assertThat(metrics.path("type").asString("")).isEqualTo("metrics");
        assertThat(metrics.path("data").path("train_loss").asDouble()).isEqualTo(1.5);
        assertThat(metrics.path("data").path("total_steps").asInt()).isEqualTo(2);
        assertThat(metrics.path("data").has("broken")).isFalse();
    }

    @Test
    void aTunedBaseGivesOnlyItsOwnBasesName() {
        String first = api.createJob(file, 2).id();
        String model =
                api.awaitStatus(first, "succeeded").path("fine_tuned_model").asString("");
        String second =
                api.createJob(Map.of("training_file", file, "model", model)).id();
        String grandchild =
                api.awaitStatus(second, "succeeded").path("fine_tuned_model").asString("");
        assertThat(grandchild).matches("ft:gpt2-tiny:local::[0-9A-Za-z]{8}").isNotEqualTo(model);
    }

    @Test
    void aBadRowFailsTheJobWithItsLine() {
        String bad = api.upload("bad.jsonl", """
                {"prompt":"a","completion":"b"}

                {"prompt":"a"
                """).id();
        JsonNode failed = api.awaitStatus(api.createJob(bad, 3).id(), "failed");
        assertThat(failed.path("error").path("code").asString("")).isEqualTo("invalid_training_file");
        assertThat(failed.path("error").path("message").asString("")).startsWith("line 3: not JSON");
        assertThat(failed.path("error").path("param").asString("")).isEqualTo("training_file");

        String validated = api.createJob(Map.of("training_file", file, "validation_file", bad))
                .id();
        JsonNode other = api.awaitStatus(validated, "failed");
        assertThat(other.path("error").path("code").asString("")).isEqualTo("invalid_validation_file");
        assertThat(other.path("error").path("param").asString("")).isEqualTo("validation_file");
    }

    @Test
    void whatTheTrainerRefusesOrBreaksOnFailsTheJob() {
        training.on(4, (spec, control) -> {
            throw new InvalidExampleException(7, "longer than the context");
        });
        JsonNode refused = api.awaitStatus(api.createJob(file, 4).id(), "failed");
        assertThat(refused.path("error").path("message").asString("")).isEqualTo("line 7: longer than the context");
        training.on(5, (spec, control) -> {
            throw new OutOfMemoryError("too big");
        });
        JsonNode broken = api.awaitStatus(api.createJob(file, 5).id(), "failed");
        assertThat(broken.path("error").path("code").asString("")).isEqualTo("server_error");
        assertThat(broken.path("error").path("message").asString("")).contains("too big");
        assertThat(broken.path("fine_tuned_model").isNull()).isTrue();
    }

    @Test
    void aJobOutlivesADatabaseThatWasAwayForAMoment() {
        AtomicBoolean away = new AtomicBoolean(true);
        training.on(8, (spec, control) -> {
            if (away.getAndSet(false)) {
                throw new CannotGetJdbcConnectionException("no connection", new SQLTransientConnectionException());
            }
            return ScriptedTraining.succeed(spec, control);
        });
        String id = api.createJob(file, 8).id();
        assertThat(api.awaitStatus(id, "succeeded")
                        .path("error")
                        .path("message")
                        .asString(""))
                .isEmpty();
        assertThat(api.get(JOBS + "/" + id + "/events").text()).contains("goes on where its state was saved last");
    }

    @Test
    void aJobWhoseFileCannotBeReadFails() throws IOException {
        String gone = api.trainingFile();
        Files.delete(data.resolve("files").resolve(gone));
        JsonNode failed = api.awaitStatus(api.createJob(gone, 9).id(), "failed");
        assertThat(failed.path("error").path("message").asString("")).contains(gone);
    }

    @Test
    void cancellingARunningJobStopsItAtOnce() {
        ScriptedTraining.Held held = training.hold(6);
        String id = api.createJob(file, 6).id();
        held.awaitEntered();
        Api.Answer cancelled = api.post(JOBS + "/" + id + "/cancel", "");
        assertThat(cancelled.status()).isEqualTo(200);
        assertThat(cancelled.body().path("status").asString("")).isEqualTo("cancelled");
        assertThat(cancelled.body().path("finished_at").isIntegralNumber()).isTrue();
        held.awaitLeft();
        Api.Answer again = api.post(JOBS + "/" + id + "/cancel", "");
        assertThat(again.status()).isEqualTo(400);
        assertThat(again.error().path("code").asString("")).isEqualTo("invalid_job_state");
    }

    @Test
    void aLateFinishDoesNotOverwriteACancellation() {
        String[] id = new String[1];
        training.on(7, (spec, control) -> {
            api.post(JOBS + "/" + id[0] + "/cancel", "");
            return ScriptedTraining.succeed(spec, control);
        });
        ScriptedTraining.Held before = training.hold(70);
        String blocker = api.createJob(file, 70).id();
        before.awaitEntered();
        id[0] = api.createJob(file, 7).id();
        before.letGo();
        api.awaitStatus(blocker, "succeeded");
        JsonNode job = api.awaitStatus(id[0], "cancelled");
        api.awaitStatus(api.createJob(file, 71).id(), "succeeded"); // the one worker is done with the cancelled one
        assertThat(api.job(id[0])).isEqualTo(job);
        assertThat(job.path("fine_tuned_model").isNull()).isTrue();
        assertThat(api.get(JOBS + "/" + id[0] + "/events?limit=1").text()).contains("The job was cancelled");
    }

    @Test
    void aWaitingJobIsCancelledAndNeverRuns() {
        ScriptedTraining.Held held = training.hold(8);
        api.createJob(file, 8);
        held.awaitEntered();
        String waiting = api.createJob(file, 80).id();
        JsonNode queued = api.awaitStatus(waiting, "queued");
        assertThat(queued.path("progress").path("queue_position").asInt()).isEqualTo(1);
        assertThat(api.post(JOBS + "/" + waiting + "/cancel", "").status()).isEqualTo(200);
        held.letGo();
        api.awaitStatus(api.createJob(file, 81).id(), "succeeded");
        assertThat(api.job(waiting).path("status").asString("")).isEqualTo("cancelled");
        assertThat(api.get(JOBS + "/" + waiting + "/checkpoints").body().path("data"))
                .isEmpty();
    }

    @Test
    void moreWaitingJobsThanAllowedAreRefusedWith429() {
        ScriptedTraining.Held held = training.hold(9);
        api.createJob(file, 9);
        held.awaitEntered();
        for (int i = 0; i < 3; i++) {
            assertThat(api.createJob(file, 90 + i).status()).isEqualTo(200);
        }
        Api.Answer refused = api.createJob(file, 99);
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.error().path("code").asString("")).isEqualTo("job_limit_exceeded");
        assertThat(refused.error().path("type").asString("")).isEqualTo("rate_limit_error");
        assertThat(refused.headers().firstValue("retry-after")).contains("60");
        assertThat(refused.headers().firstValue("x-should-retry")).contains("false");
    }

    @Test
    void aFileOrModelInUseIsNotDeleted() {
        ScriptedTraining.Held held = training.hold(10);
        String base = api.awaitStatus(api.createJob(file, 100).id(), "succeeded")
                .path("fine_tuned_model")
                .asString("");
        String id = api.createJob(Map.of("training_file", file, "seed", 10, "model", base))
                .id();
        held.awaitEntered();
        Api.Answer refused = api.delete("/v1/files/" + file);
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.error().path("message").asString("")).contains(id);
        held.letGo();
        api.awaitStatus(id, "succeeded");
        assertThat(api.delete("/v1/files/" + file).status()).isEqualTo(200);
        assertThat(api.createJob(file, 11).error().path("param").asString("")).isEqualTo("training_file");
    }

    @Test
    void aJobWhoseProcessDiedRunsAgain() throws Exception {
        String id = api.createJob(file, 14).id();
        api.awaitStatus(id, "succeeded");
        awaitNoTask(id);
        Path left = data.resolve("runs").resolve(id).resolve("attempt-1");
        Files.createDirectories(left.resolve("half-written"));
        database.sql("update jobs set state = 'RUNNING', finished_at = null, fine_tuned_model = null where id = :id")
                .param("id", id)
                .update();
        database.sql("""
                        insert into scheduled_tasks (task_name, task_instance, execution_time, picked, picked_by,
                                                     last_heartbeat, version)
                        values ('fine-tuning-job', :id, current_timestamp, true, 'dead',
                                current_timestamp - interval '1' hour, 1)
                        """).param("id", id).update();
        JsonNode done = api.awaitStatus(id, "succeeded");
        assertThat(done.path("fine_tuned_model").asString("")).startsWith("ft:gpt2-tiny");
        assertThat(api.get(JOBS + "/" + id + "/events?limit=100").text())
                .contains("the job goes on where its state was saved last");
        assertThat(api.get(JOBS + "/" + id + "/checkpoints").body().path("data"))
                .hasSize(2);
        assertThat(left).doesNotExist();
    }

    @Test
    void aJobThatAnotherProcessTookOverIsLeftToIt() {
        ScriptedTraining.Held held = training.hold(15);
        String id = api.createJob(file, 15).id();
        held.awaitEntered();
        database.sql("""
                        update scheduled_tasks set picked_by = 'another', version = version + 1,
                               last_heartbeat = current_timestamp + interval '1' hour
                        where task_instance = :id
                        """).param("id", id).update();
        database.sql("update jobs set attempt = attempt + 1 where id = :id")
                .param("id", id)
                .update();
        held.awaitLeft();
        api.awaitStatus(api.createJob(file, 16).id(), "succeeded"); // the one worker is done with the first
        assertThat(api.job(id).path("status").asString("")).isEqualTo("running");
        assertThat(api.get(JOBS + "/" + id + "/events?limit=1").text()).contains("Fine-tuning job started");
        api.post(JOBS + "/" + id + "/cancel", "");
        assertThat(database.sql("delete from scheduled_tasks where task_instance = :id and picked_by = 'another'")
                        .param("id", id)
                        .update())
                .isEqualTo(1);
    }

    private void awaitNoTask(String id) {
        api.await(
                "/livez",
                ignored -> database.sql("select count(*) from scheduled_tasks where task_instance = :id")
                        .param("id", id)
                        .query(Integer.class)
                        .single()
                        .equals(0));
    }
}
