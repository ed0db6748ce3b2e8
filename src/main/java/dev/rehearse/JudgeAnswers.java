package dev.rehearse;

import dev.rehearse.completions.ModelAnswers;
import dev.rehearse.generation.Completion;
import dev.rehearse.generation.Sampler;
import dev.rehearse.grading.ChatModels.Answer;
import dev.rehearse.grading.ChatModels.Question;
import dev.rehearse.grading.ChatModels.SamplingParams;
import dev.rehearse.grading.GradeError;
import dev.rehearse.grading.GraderUnavailable;
import dev.rehearse.grading.Tokens;
import dev.rehearse.text.Message;
import dev.rehearse.text.Role;
import java.time.Duration;
import java.util.List;

/** Model graders' questions, put to the models that the service serves. Stateless; any thread. */
final class JudgeAnswers {
    private JudgeAnswers() {}

    static Answer ask(ModelAnswers models, Question question, Duration timeout) {
        List<Message> conversation = question.turns().stream()
                .map(turn -> new Message(Role.of(turn.role()), turn.content()))
                .toList();
        ModelAnswers.Question asked = new ModelAnswers.Question(
                question.model(),
                conversation,
                sampler(question.sampling()),
                question.sampling().maxTokens(),
                SamplingParams.USUAL_TOKENS);
        try {
            Completion reply = models.answer(asked, timeout);
            Tokens tokens = new Tokens(
                    question.model(), reply.promptTokens(), reply.tokens().size());
            return new Answer(reply.text(), tokens);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable(question, "was not waited for");
        } catch (RuntimeException e) { // whatever befell the model, the grader could not be asked
            throw unavailable(question, String.valueOf(e.getMessage()));
        }
    }

    /** Greedy unless a temperature is given; the draws are the same for the same question. */
    static Sampler sampler(SamplingParams params) {
        double temperature = params.temperature() == null ? 0 : params.temperature();
        double topP = params.topP() == null ? 1 : params.topP();
        if (temperature < 1e-5 || topP == 0) {
            return new Sampler.Greedy();
        }
        return new Sampler.Boltzmann(temperature, 0, topP, params.seed() == null ? 0 : params.seed());
    }

    private static GraderUnavailable unavailable(Question question, String problem) {
        return new GraderUnavailable(
                GradeError.MODEL_GRADER_SERVER_ERROR, "the model '" + question.model() + "': " + problem);
    }
}
