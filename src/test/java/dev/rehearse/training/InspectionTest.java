package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.rehearse.grading.Grader;
import dev.rehearse.grading.Grading;
import dev.rehearse.grading.StringCheck;
import dev.rehearse.grading.Template;
import dev.rehearse.training.Progress.Split;
import dev.rehearse.training.SampledReply.Token;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InspectionTest {
    private static final Grader LIKES_A = new StringCheck(
            "", Template.parse("{{sample.output_text}}"), Template.parse("a"), StringCheck.Operation.LIKE);

    @TempDir
    Path directory;

    @Test
    void aFewRepliesAreLookedAtWithEachEvaluation() throws IOException {
        List<Progress.Sampled> sampled = run("soft_dqn", Map.of());
        assertThat(sampled)
                .extracting(one -> one.step() + " " + one.split())
                .containsExactly("0 VALID", "4 VALID", "4 TRAIN", "8 VALID", "8 TRAIN");
        for (Progress.Sampled one : sampled) {
            assertThat(one.replies()).hasSize(one.split() == Split.TRAIN ? Inspection.MOST : 2);
            for (SampledReply reply : one.replies()) {
                assertThat(reply.prompt()).isEqualTo("ab=");
                assertThat(reply.grade().score()).isBetween(0.0, 1.0);
                assertThat(text(reply)).isEqualTo(reply.completion());
                assertThat(reply.tokens()).hasSizeBetween(1, 4).allSatisfy(token -> {
                    assertThat(token.logProb()).isNegative();
                    assertThat(token.value() == null).isEqualTo(one.step() == 0);
                });
            }
        }
    }

    /** What is shown are the averaged weights, which start where V does: at the mean reward, here that of "a". */
    @Test
    void theValueStartsAtTheMeanReward() throws IOException {
        List<Progress.Sampled> sampled = run("soft_dqn", Map.of("learning_rate", 1e-6, "value_learning_rate", 1e-6));
        double mean = sampled.stream()
                .flatMap(one -> one.replies().stream())
                .mapToDouble(reply -> reply.grade().score())
                .average()
                .orElseThrow();
        assertThat(mean).isPositive();
        assertThat(last(sampled)).allSatisfy(token -> assertThat(token.value()).isCloseTo(mean, within(0.5 * mean)));
    }

    /** Q − V = α·(log π − log π₀), in units of the reward: the same factor for every token. */
    @Test
    void theAdvantageOfSoftDqnIsTheLogRatioTimesAlpha() throws IOException {
        List<Token> tokens = last(run("soft_dqn", Map.of("learning_rate", 1e-2, "weight_average", 0)));
        Token clearest = tokens.stream()
                .max(Comparator.comparingDouble(token -> Math.abs(logRatio(token))))
                .orElseThrow();
        double factor = advantage(clearest) / logRatio(clearest);
        assertThat(Math.abs(logRatio(clearest))).isGreaterThan(1e-3);
        assertThat(factor).isPositive();
        for (Token token : tokens) {
            assertThat(advantage(token)).isCloseTo(factor * logRatio(token), within(1e-5));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"dqn", "ilql", "mc"})
    void withQHeadsTheQIsTheHeads(String algorithm) throws IOException {
        List<Token> tokens = last(run(algorithm, Map.of("value_learning_rate", 1e-2, "weight_average", 0)));
        assertThat(tokens).allSatisfy(token -> assertThat(token.qValue()).isFinite());
        assertThat(tokens).anySatisfy(token -> assertThat(advantage(token)).isNotZero());
        assertThat(tokens).allSatisfy(token -> assertThat(token.logProb()).isEqualTo(token.priorLogProb()));
    }

    private static String text(SampledReply reply) {
        return reply.tokens().stream()
                .map(Token::text)
                .filter(text -> text.length() == 1)
                .collect(Collectors.joining());
    }

    private static double logRatio(Token token) {
        return token.logProb() - token.priorLogProb();
    }

    private static double advantage(Token token) {
        return token.qValue() - token.value();
    }

    private static List<Token> last(List<Progress.Sampled> sampled) {
        return sampled.get(sampled.size() - 1).replies().stream()
                .flatMap(reply -> reply.tokens().stream())
                .toList();
    }

    private List<Progress.Sampled> run(String algorithm, Map<String, Object> more) throws IOException {
        Path model = TinyModel.write(directory.resolve("model"), "abcd=");
        Map<String, Object> dqn = new HashMap<>(more);
        dqn.put("max_steps", 8);
        dqn.put("max_completion_tokens", 4);
        if (algorithm.equals("soft_dqn")) {
            dqn.put("value_warmup_steps", 1);
        }
        Map<String, Object> openAi = Map.of("batch_size", 8, "eval_interval", 4);
        Method method =
                Method.reinforcement(LIKES_A, Map.of("algorithm", algorithm, "hyperparameters", openAi, "dqn", dqn));
        List<Example> rows = IntStream.range(0, 40)
                .mapToObj(i -> TinyModel.question(i + 1, "ab=", "ab"))
                .toList();
        Recording recording = Recording.toTheEnd();
        RunSpec spec = TinyModel.spec(model, new TrainingData(rows, List.of()), method, directory.resolve("run"));
        new Trainer(TinyModel.device(), Grading.ofTexts(() -> 0), () -> 0).run(spec, recording);
        return recording.of(Progress.Sampled.class);
    }
}
