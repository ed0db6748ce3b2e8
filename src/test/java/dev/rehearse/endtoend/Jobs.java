package dev.rehearse.endtoend;

import com.openai.core.JsonValue;
import com.openai.models.finetuning.jobs.JobCreateParams;
import com.openai.models.finetuning.methods.ReinforcementHyperparameters;
import com.openai.models.finetuning.methods.ReinforcementMethod;
import com.openai.models.finetuning.methods.SupervisedHyperparameters;
import com.openai.models.finetuning.methods.SupervisedMethod;
import com.openai.models.graders.gradermodels.MultiGrader;
import java.util.Map;

/** What jobs are asked for here; each test changes what matters to it. */
final class Jobs {
    private Jobs() {}

    /** A supervised job from the blueprint, as far as the test does not say otherwise. */
    static JobCreateParams.Builder supervised(String trainingFile, int maxSteps, int batchSize) {
        SupervisedMethod method = SupervisedMethod.builder()
                .hyperparameters(SupervisedHyperparameters.builder()
                        .batchSize(batchSize)
                        .nEpochs(50)
                        .build())
                .putAdditionalProperty("max_steps", JsonValue.from(maxSteps))
                .putAdditionalProperty("patience", JsonValue.from(1000))
                .putAdditionalProperty("tokenizer", JsonValue.from(Map.of("kind", "word")))
                .build();
        return JobCreateParams.builder()
                .model("gpt2-tiny")
                .trainingFile(trainingFile)
                .seed(7)
                .method(JobCreateParams.Method.builder()
                        .type(JobCreateParams.Method.Type.SUPERVISED)
                        .supervised(method)
                        .build());
    }

    /** Six steps of Q-learning with two graders. */
    static JobCreateParams.Builder reinforcement(String model, String questions) {
        Map<String, Object> close = Map.of(
                "type", "text_similarity",
                "name", "close",
                "input", "{{sample.output_text}}",
                "reference", "{{item.answer}}",
                "evaluation_metric", "fuzzy_match");
        Map<String, Object> says = Map.of(
                "type", "string_check",
                "name", "says",
                "input", "{{sample.output_text}}",
                "reference", "say",
                "operation", "ilike");
        ReinforcementMethod method = ReinforcementMethod.builder()
                .grader(MultiGrader.builder()
                        .name("both")
                        .graders(JsonValue.from(Map.of("close", close, "says", says)))
                        .calculateOutput("0.75 * close + 0.25 * says")
                        .build())
                .hyperparameters(ReinforcementHyperparameters.builder()
                        .batchSize(8)
                        .evalInterval(3)
                        .evalSamples(8)
                        .build())
                .putAdditionalProperty(
                        "dqn",
                        JsonValue.from(Map.of("max_steps", 6, "learning_starts", 16, "max_completion_tokens", 6)))
                .build();
        return JobCreateParams.builder()
                .model(model)
                .trainingFile(questions)
                .seed(5)
                .method(JobCreateParams.Method.builder()
                        .type(JobCreateParams.Method.Type.REINFORCEMENT)
                        .reinforcement(method)
                        .build());
    }
}
