package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.Api;
import dev.rehearse.ScriptedTraining;
import dev.rehearse.ServiceTest;
import dev.rehearse.grading.Grade;
import dev.rehearse.grading.GradeError;
import dev.rehearse.grading.GraderTotals;
import dev.rehearse.training.Checkpoint;
import dev.rehearse.training.Progress;
import dev.rehearse.training.Progress.Split;
import dev.rehearse.training.RunControl;
import dev.rehearse.training.RunResult;
import dev.rehearse.training.RunSpec;
import dev.rehearse.training.SampledReply;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;

@ServiceTest
class JobNumbersApiTest {
    private static final String JOBS = "/v1/fine_tuning/jobs/";
    private static final Map<String, Object> CHECK =
            Map.of("type", "string_check", "input", "a", "reference", "b", "operation", "eq");

    @LocalServerPort
    int port;

    @Autowired
    ScriptedTraining training;

    private Api api;
    private String file;

    @BeforeEach
    void upload() {
        api = new Api(port);
        file = api.trainingFile();
    }

    @Test
    void theSeriesHasEveryStepWithItsEvaluation() {
        String id = api.createJob(file, 500).id();
        api.awaitStatus(id, "succeeded");
        JsonNode series = api.get(JOBS + id + "/metrics").body();
        assertThat(series.path("has_more").asBoolean(true)).isFalse();
        assertThat(series.path("data"))
                .extracting(row -> row.path("step").asInt())
                .containsExactly(1, 2);
        JsonNode second = series.path("data").get(1);
        assertThat(second.path("object").asString("")).isEqualTo("fine_tuning.job.metrics");
        assertThat(second.path("metrics").path("train_loss").asDouble()).isEqualTo(0.5);
        assertThat(second.path("metrics").path("valid_loss").asDouble()).isEqualTo(0.75);
        assertThat(series.path("data").get(0).path("metrics").has("broken")).isFalse();
        JsonNode first = api.get(JOBS + id + "/metrics?limit=1").body();
        assertThat(first.path("data")).hasSize(1);
        assertThat(first.path("has_more").asBoolean(false)).isTrue();
        assertThat(api.get(JOBS + id + "/metrics?after=1").body().path("data")).hasSize(1);
        assertThat(api.get(JOBS + id + "/metrics?after=x").error().path("param").asString(""))
                .isEqualTo("after");
        assertThat(api.get(JOBS + "ftjob-nobody/metrics").status()).isEqualTo(404);
        assertThat(api.get(JOBS + "ftjob-nobody/samples").status()).isEqualTo(404);
    }

    @Test
    void theNumbersComeAsAFileToo() {
        String id = api.createJob(file, 501).id();
        JsonNode job = api.awaitStatus(id, "succeeded");
        assertThat(job.path("result_files")).hasSize(1);
        String results = job.path("result_files").get(0).asString("");
        JsonNode object = api.get("/v1/files/" + results).body();
        assertThat(object.path("purpose").asString("")).isEqualTo("fine-tune-results");
        assertThat(object.path("filename").asString("")).isEqualTo(id + "-metrics.csv");
        assertThat(object.path("status").asString("")).isEqualTo("processed");
        assertThat(api.get("/v1/files/" + results + "/content").text())
                .isEqualTo("step,train_loss,valid_loss\n1,1.5,\n2,0.5,0.75\n");
        assertThat(api.get("/v1/files?purpose=fine-tune-results").text()).contains(results);
        Api.Answer upload = api.upload("x.csv", "x".getBytes(), Map.of("purpose", "fine-tune-results"));
        assertThat(upload.status()).isEqualTo(400);
        assertThat(upload.error().path("param").asString("")).isEqualTo("purpose");
        assertThat(api.createJob(results, 502).error().path("param").asString(""))
                .isEqualTo("training_file");
    }

    @Test
    void aJobThatFailedOrWasCancelledLeavesTheNumbersItHas() {
        training.on(503, (spec, control) -> {
            control.report(new Progress.Step(1, 9, Map.of("train_loss", 1.5)));
            control.report(new Progress.Step(2, 9, Map.of("train_loss", 1.25)));
            throw new IllegalStateException("broken");
        });
        JsonNode failed = api.awaitStatus(api.createJob(file, 503).id(), "failed");
        assertThat(content(failed)).isEqualTo("step,train_loss\n1,1.5\n2,1.25\n");

        training.on(504, (spec, control) -> {
            throw new IllegalStateException("broken at once");
        });
        JsonNode empty = api.awaitStatus(api.createJob(file, 504).id(), "failed");
        assertThat(empty.path("result_files")).isEmpty();

        ScriptedTraining.Held held = training.hold(505);
        training.on(505, (spec, control) -> {
            control.report(new Progress.Step(1, 9, Map.of("train_loss", 3.5)));
            return held.run(spec, control);
        });
        String id = api.createJob(file, 505).id();
        held.awaitEntered();
        assertThat(api.post(JOBS + id + "/cancel", "").status()).isEqualTo(200);
        JsonNode cancelled =
                api.await(JOBS + id, job -> job.path("result_files").size() == 1);
        assertThat(cancelled.path("status").asString("")).isEqualTo("cancelled");
        assertThat(content(cancelled)).isEqualTo("step,train_loss\n1,3.5\n");
    }

    @Test
    void eventsHaveOpenAisFieldsAndOursBesideThem() {
        training.on(506, JobNumbersApiTest::reinforce);
        String id = api.createJob(reinforcement(506)).id();
        api.awaitStatus(id, "succeeded");
        JsonNode step = null;
        JsonNode evaluation = null;
        for (JsonNode event : api.get(JOBS + id + "/events?limit=100").body().path("data")) {
            String message = event.path("message").asString("");
            step = message.equals("Step 1/2, train mean reward=0.4200, TD loss=0.5000") ? event : step;
            evaluation = message.endsWith("full validation mean reward=0.6750, full validation mean parse error=0.00")
                    ? event
                    : evaluation;
        }
        assertThat(step).isNotNull();
        assertThat(evaluation).isNotNull();
        JsonNode data = step.path("data");
        assertThat(data.propertyNames())
                .containsExactlyInAnyOrder(
                        "step",
                        "total_steps",
                        "train_mean_reward",
                        "completion_tokens_mean",
                        "reasoning_tokens_mean",
                        "mean_unresponsive_rewards",
                        "scores",
                        "errors",
                        "usage",
                        "timing",
                        "dqn");
        assertThat(data.at("/train_mean_reward").asDouble()).isEqualTo(0.42);
        assertThat(data.at("/completion_tokens_mean").asDouble()).isEqualTo(7.5);
        assertThat(data.at("/scores/train_reward_mean").asDouble()).isEqualTo(0.42);
        assertThat(data.at("/scores/graders/0/train_reward_mean").asDouble()).isEqualTo(0.5);
        assertThat(data.at("/scores/graders/0/name").asString("")).isEqualTo("g");
        assertThat(data.at("/errors/graders/0").propertyNames())
                .contains("train_sample_parse_error_mean", "train_sample_parse_error_count")
                .contains("train_invalid_variable_error_mean", "train_other_error_mean");
        assertThat(data.at("/errors/graders/0/train_other_error_mean").asDouble())
                .isEqualTo(0.5);
        assertThat(data.at("/usage/graders/0/train_prompt_tokens_mean").asDouble())
                .isEqualTo(10);
        assertThat(data.at("/usage/samples/train_reasoning_tokens_mean").asDouble(1))
                .isZero();
        assertThat(data.at("/timing/graders/0/train_execution_latency_mean").asDouble())
                .isEqualTo(0.25);
        assertThat(data.at("/timing/step/sampling").asDouble()).isEqualTo(1.5);
        assertThat(data.at("/timing/step/training").asDouble()).isEqualTo(2);
        assertThat(data.at("/timing/step/full_iteration").asDouble()).isEqualTo(4);
        assertThat(data.at("/dqn/td_loss").asDouble()).isEqualTo(0.5);
        JsonNode evaluated = evaluation.path("data");
        assertThat(evaluated.at("/full_valid_mean_reward").asDouble()).isEqualTo(0.675);
        assertThat(evaluated.at("/full_valid_mean_parse_error").asDouble(1)).isZero();
        assertThat(evaluated.at("/scores/valid_reward_mean").asDouble()).isEqualTo(0.675);
        JsonNode both = evaluated.at("/scores/graders/0");
        assertThat(both.path("train_reward_mean").asDouble()).isEqualTo(0.5);
        assertThat(both.path("valid_reward_mean").asDouble()).isEqualTo(0.5);
        assertThat(evaluated.at("/errors/graders/0/train_other_error_count").asInt())
                .isEqualTo(1);
        assertThat(evaluated.at("/timing/step/eval").asDouble()).isEqualTo(3);
        assertThat(evaluated.at("/step").asInt()).isEqualTo(2);
    }

    @Test
    void theJobTellsWhatItUsedAndWhichCheckpointIsBest() {
        training.on(507, JobNumbersApiTest::reinforce);
        String id = api.createJob(reinforcement(507)).id();
        JsonNode job = api.awaitStatus(id, "succeeded");
        JsonNode usage = job.path("usage_metrics");
        assertThat(usage.path("train_tokens").asInt()).isEqualTo(128);
        assertThat(usage.path("rollout_tokens").asInt()).isEqualTo(50);
        assertThat(usage.path("grader_calls").asInt()).isEqualTo(6);
        assertThat(usage.path("grader_tokens").asInt()).isEqualTo(90);
        assertThat(usage.path("seconds").asDouble(-1)).isNotNegative();
        assertThat(job.path("progress").path("epoch").asDouble()).isEqualTo(1.5);
        assertThat(job.path("best_checkpoint").asString("")).endsWith(":ckpt-step-1");
        assertThat(job.path("fine_tuned_model").asString("")).isNotEmpty();
        assertThat(job.at("/method/reinforcement/hyperparameters/eval_interval").asInt())
                .isEqualTo(5);
        JsonNode checkpoints = api.get(JOBS + id + "/checkpoints").body().path("data");
        assertThat(checkpoints.get(0).path("metrics").propertyNames())
                .contains("step", "train_reward_mean", "td_loss", "valid_reward_mean", "selection_score");
    }

    @Test
    void repliesCanBeLookedAt() {
        training.on(508, JobNumbersApiTest::reinforce);
        String id = api.createJob(reinforcement(508)).id();
        api.awaitStatus(id, "succeeded");
        JsonNode samples = api.get(JOBS + id + "/samples").body();
        assertThat(samples.path("data"))
                .extracting(sample -> sample.path("step").asInt())
                .containsExactly(2, 0);
        JsonNode sample = samples.path("data").get(0);
        assertThat(sample.path("object").asString("")).isEqualTo("fine_tuning.job.sample");
        assertThat(sample.path("split").asString("")).isEqualTo("valid");
        assertThat(sample.at("/messages/0/content").asString("")).isEqualTo("say a");
        assertThat(sample.path("completion").asString("")).isEqualTo("a");
        assertThat(sample.path("reward").asDouble()).isEqualTo(1);
        assertThat(sample.at("/tokens/0/advantage").asDouble()).isEqualTo(0.25);
        assertThat(sample.at("/tokens/0/token").asString("")).isEqualTo("a");
        assertThat(api.get(JOBS + id + "/samples?step=0").body().path("data")).hasSize(1);
        assertThat(api.get(JOBS + id + "/samples?step=7").body().path("data")).isEmpty();
        JsonNode page = api.get(JOBS + id + "/samples?limit=1&after="
                        + sample.path("id").asString(""))
                .body();
        assertThat(page.path("data").get(0).path("step").asInt(-1)).isZero();
        assertThat(api.get(JOBS + id + "/samples?after=x").status()).isEqualTo(400);
    }

    @Test
    void monitoringSeesAJobWhileItRuns() {
        ScriptedTraining.Held held = training.hold(509);
        training.on(509, (spec, control) -> {
            control.report(new Progress.Step(3, 9, Map.of("train_loss", 1.5)));
            return held.run(spec, control);
        });
        String id = api.createJob(file, 509).id();
        held.awaitEntered();
        assertThat(api.get("/actuator/prometheus").text())
                .contains("rehearse_job_step{job_id=\"" + id + "\"} 3.0")
                .contains("rehearse_job_train_loss{job_id=\"" + id + "\"} 1.5")
                .contains("rehearse_jobs{status=\"running\"} 1.0");
        held.letGo();
        api.awaitStatus(id, "succeeded");
        api.await("/livez", up -> !api.get("/actuator/prometheus").text().contains(id));
    }

    private String content(JsonNode job) {
        return api.get("/v1/files/" + job.path("result_files").get(0).asString("") + "/content")
                .text();
    }

    private Map<String, Object> reinforcement(int seed) {
        String tuned = api.awaitStatus(api.createJob(file, 510).id(), "succeeded")
                .path("fine_tuned_model")
                .asString("");
        Map<String, Object> body = new HashMap<>();
        body.put("training_file", api.upload("p.jsonl", "{\"prompt\":\"a\"}\n").id());
        body.put("model", tuned);
        body.put("seed", seed);
        body.put("method", Map.of("type", "reinforcement", "reinforcement", Map.of("grader", CHECK)));
        return body;
    }

    /** Two steps, of which the first is the better one. */
    private static RunResult reinforce(RunSpec spec, RunControl control) {
        control.report(new Progress.Started(0, 2, Map.of("n_epochs", 1, "eval_interval", 5)));
        control.report(sampled(0));
        control.report(graded(Split.TRAIN, 20));
        Map<String, Double> step = new HashMap<>(Map.of(
                "train_reward_mean", 0.42,
                "train_reply_tokens_mean", 7.5,
                "td_loss", 0.5,
                "sampling_seconds", 1.5,
                "training_seconds", 2.0,
                "elapsed_seconds", 4.0,
                "trained_tokens", 64.0,
                "epoch", 0.75));
        control.report(new Progress.Step(1, 2, step));
        List<Checkpoint> kept = new ArrayList<>();
        kept.add(checkpoint(spec, control, 1, 0.75));
        step.put("trained_tokens", 128.0);
        step.put("epoch", 1.5);
        control.report(graded(Split.TRAIN, 20));
        control.report(new Progress.Step(2, 2, step));
        control.report(graded(Split.VALID, 10));
        control.report(new Progress.Evaluated(
                2,
                2,
                Map.of(
                        "valid_reward_mean", 0.675,
                        "full_valid_mean_reward", 0.675,
                        "full_valid_mean_parse_error", 0.0,
                        "valid_seconds", 3.0)));
        kept.add(checkpoint(spec, control, 2, 0.5));
        control.report(sampled(2));
        return new RunResult(kept, 128);
    }

    private static Checkpoint checkpoint(RunSpec spec, RunControl control, int step, double score) {
        Checkpoint made = ScriptedTraining.checkpoint(spec, step);
        Checkpoint scored =
                new Checkpoint(step, made.directory(), Map.of("valid_reward_mean", score, "selection_score", score));
        control.report(new Progress.CheckpointSaved(scored));
        return scored;
    }

    private static Progress.Graded graded(Split split, long replyTokens) {
        GraderTotals totals = new GraderTotals(
                "g",
                "score_model",
                2,
                1,
                Map.of(GradeError.OTHER_ERROR, split == Split.TRAIN ? 1L : 0L),
                500_000_000L,
                new GraderTotals.Cost(20, 10));
        return new Progress.Graded(split, replyTokens, List.of(totals));
    }

    private static Progress.Sampled sampled(int step) {
        SampledReply reply = new SampledReply(
                List.of(new SampledReply.Turn("user", "say a")),
                "",
                "a",
                SampledReply.End.STOP,
                new Grade(1, Map.of(), Set.of()),
                List.of(new SampledReply.Token("a", -0.5, -1, 0.5, 0.75)));
        return new Progress.Sampled(step, Split.VALID, List.of(reply));
    }
}
