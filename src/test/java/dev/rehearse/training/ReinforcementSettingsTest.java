package dev.rehearse.training;

import static dev.rehearse.training.SupervisedSettingsTest.json;
import static dev.rehearse.training.SupervisedSettingsTest.nested;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.networks.NetworkOptions.ValueTrunk;
import dev.rehearse.qlearning.Algorithm;
import dev.rehearse.qlearning.Hyperparameter;
import dev.rehearse.qlearning.Hyperparameters;
import dev.rehearse.qlearning.Hyperparameters.Draws;
import dev.rehearse.qlearning.Hyperparameters.Form;
import dev.rehearse.qlearning.Hyperparameters.Loss;
import dev.rehearse.qlearning.Hyperparameters.Maximum;
import dev.rehearse.qlearning.Hyperparameters.Streams;
import dev.rehearse.qlearning.Hyperparameters.TargetSync;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ReinforcementSettingsTest {
    private static Hyperparameters dqn(Map<String, Object> dqn) {
        return ReinforcementSettings.parse(Map.of("dqn", dqn)).learning();
    }

    private static void assertRefused(Map<String, Object> settings, String name) {
        assertThatThrownBy(() -> ReinforcementSettings.parse(settings))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining(name)
                .extracting(e -> ((InvalidSettingException) e).name())
                .isEqualTo(name);
    }

    @ParameterizedTest
    @CsvSource({
        "algorithm, ppo",
        "hyperparameters.n_epochs, 0",
        "hyperparameters.batch_size, 0",
        "hyperparameters.compute_multiplier, 11",
        "hyperparameters.eval_interval, 0.5",
        "hyperparameters.eval_samples, many",
        "hyperparameters.learning_rate_multiplier, -1",
        "hyperparameters.reasoning_effort, extreme",
        "hyperparameters.temperature, 1",
        "dqn, 1",
        "dqn.gamma, 1.01",
        "dqn.gamma, one",
        "dqn.gama, 1",
        "dqn.replay_capacity, 10.5",
        "dqn.top_k, 0.5",
        "dqn.loss, l1",
        "dqn.share_trunk, 1",
        "dqn.max_steps, 0",
        "dqn.patience, 0",
        "dqn.prioritized, yes",
        "dqn.prioritized.alpha, 2",
        "dqn.prioritized.gamma, 1",
        "dqn.target, ema",
        "dqn.target.kind, soft",
        "dqn.target.tau, 0",
        "dqn.target.rate, 1",
        "dqn.epsilon, 0.1",
        "dqn.epsilon.start, 1.5",
        "dqn.epsilon.middle, 1",
        "dqn.epsilon.decay_fraction, true",
        "gamma, 1"
    })
    void everyRefusalNamesTheFullKey(String path, String value) {
        assertRefused(nested(path, json(value)), path);
    }

    @ParameterizedTest
    @CsvSource({"dqn.huber_delta, 1", "dqn.target.interval, 100"})
    void anOptionThatTheDefaultFormNeverReadsIsRefused(String path, String value) {
        assertRefused(nested(path, json(value)), path);
    }

    @ParameterizedTest
    @CsvSource({
        "soft_dqn, double, true",
        "soft_dqn, dueling, false",
        "soft_dqn, expectile, 0.8",
        "soft_dqn, cql_weight, 0.1",
        "soft_dqn, decode_beta, 2",
        "soft_dqn, support_mask, 0.1",
        "dqn, alpha, 0.1",
        "dqn, lambda, 0.5",
        "dqn, value_weight, 1",
        "dqn, value_warmup_steps, 5",
        "dqn, decode_beta, 2",
        "ilql, double, true",
        "ilql, alpha, 0.1",
        "ilql, lambda, 0.5",
        "mc, n_step, 2",
        "mc, td_mix, 0.5",
        "mc, expectile, 0.8",
        "mc, target.kind, ema",
        "mc, target.tau, 0.1"
    })
    void anOptionOfAnotherAlgorithmIsRefused(String algorithm, String path, String value) {
        Map<String, Object> settings = new HashMap<>(nested("dqn." + path, json(value)));
        settings.put("algorithm", algorithm);
        String name = "dqn." + (path.equals("target.kind") ? "target" : path);
        assertThatThrownBy(() -> ReinforcementSettings.parse(settings))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining("algorithm is " + algorithm + "; it belongs to ")
                .extracting(e -> ((InvalidSettingException) e).name().replace("target.tau", "target"))
                .isEqualTo(name.replace("target.tau", "target"));
    }

    @ParameterizedTest
    @EnumSource
    void everyAlgorithmReadsEveryNumberThatItSaysItReads(Algorithm algorithm) {
        for (Hyperparameter parameter : Hyperparameter.values()) {
            Map<String, Object> settings =
                    new HashMap<>(nested("dqn." + parameter.wireName(), parameter.defaultValue()));
            settings.put("algorithm", algorithm.wireName());
            String message = refusal(settings);
            assertThat(message.contains("it belongs to")).as(message).isEqualTo(!algorithm.reads(parameter));
        }
    }

    private static String refusal(Map<String, Object> settings) {
        try {
            ReinforcementSettings.parse(settings);
            return "";
        } catch (InvalidSettingException e) {
            return e.getMessage();
        }
    }

    @ParameterizedTest
    @CsvSource({"n_step, 3", "td_mix, 0.5"})
    void lambdaIsRefusedBesideTheStepsThatReplaceIt(String name, double value) {
        assertRefused(Map.of("dqn", Map.of("lambda", 0.5, name, value)), "dqn.lambda");
    }

    @Test
    void theFormOfDqnIsReadFromItsSwitches() {
        Map<String, Object> plain = Map.of("algorithm", "dqn", "dqn", Map.of("double", false, "dueling", false));
        assertThat(ReinforcementSettings.parse(plain).learning().form())
                .isEqualTo(new Form(Algorithm.DQN, Maximum.SINGLE, Streams.SINGLE));
        assertThat(ReinforcementSettings.parse(Map.of("algorithm", "dqn"))
                        .learning()
                        .form())
                .isEqualTo(new Form(Algorithm.DQN, Maximum.DOUBLE, Streams.DUELING));
    }

    @Test
    void tauIsRefusedBesideAHardTarget() {
        assertRefused(nested("dqn.target", Map.of("kind", "hard", "tau", 0.1)), "dqn.target.tau");
    }

    @Test
    void idleOptionsAreReadWhereTheyApply() {
        Hyperparameters parsed =
                dqn(Map.of("loss", "huber", "huber_delta", 2, "target", Map.of("kind", "hard", "interval", 5)));
        assertThat(parsed.loss()).isEqualTo(Loss.HUBER);
        assertThat(parsed.get(Hyperparameter.HUBER_DELTA)).isEqualTo(2);
        assertThat(parsed.targetSync()).isEqualTo(TargetSync.HARD);
        assertThat(parsed.count(Hyperparameter.TARGET_INTERVAL)).isEqualTo(5);
    }

    @Test
    void prioritizedIsAFlagOrAnObject() {
        assertThat(dqn(Map.of()).draws()).isEqualTo(Draws.UNIFORM);
        assertThat(dqn(Map.of("prioritized", false)).draws()).isEqualTo(Draws.UNIFORM);
        assertThat(dqn(Map.of("prioritized", true)).draws()).isEqualTo(Draws.PRIORITIZED);
        assertThat(dqn(Map.of("prioritized", Map.of())).draws()).isEqualTo(Draws.PRIORITIZED);
        Hyperparameters parsed = dqn(Map.of("prioritized", Map.of("beta", 0.5)));
        assertThat(parsed.draws()).isEqualTo(Draws.PRIORITIZED);
        assertThat(parsed.given()).isEqualTo(Map.of(Hyperparameter.PRIORITY_BETA, 0.5));
    }

    @Test
    void theTrunkIsSharedOrNotAsToldAndElseAsByDefault() {
        assertThat(dqn(Map.of("share_trunk", true)).valueTrunk()).isEqualTo(ValueTrunk.SHARED);
        assertThat(dqn(Map.of("share_trunk", false)).valueTrunk()).isEqualTo(ValueTrunk.STOPPED);
        assertThat(dqn(Map.of()).valueTrunk())
                .isEqualTo(Hyperparameters.defaults().valueTrunk());
    }

    @ParameterizedTest
    @EnumSource
    void autoAndNullAreTheDefaultOfEveryHyperparameter(Hyperparameter parameter) {
        assertThat(dqn(nested(parameter.wireName(), "auto")).get(parameter)).isEqualTo(parameter.defaultValue());
        Map<String, Object> nothing = new HashMap<>();
        nothing.put(parameter.wireName().replaceAll("\\..*", ""), null);
        assertThat(dqn(nothing).get(parameter)).isEqualTo(parameter.defaultValue());
    }

    @Test
    void noSettingsAreTheDefaults() {
        assertThat(ReinforcementSettings.parse(Map.of()).learning()).isEqualTo(Hyperparameters.defaults());
    }

    @Test
    void theMultiplierScalesBothRates() {
        Hyperparameters parsed = ReinforcementSettings.parse(Map.of(
                        "hyperparameters", Map.of("learning_rate_multiplier", 2),
                        "dqn", Map.of("learning_rate", 1e-3)))
                .learning();
        assertThat(parsed.get(Hyperparameter.LEARNING_RATE)).isEqualTo(2e-3);
        assertThat(parsed.get(Hyperparameter.VALUE_LEARNING_RATE))
                .isEqualTo(2 * Hyperparameter.VALUE_LEARNING_RATE.defaultValue());
    }

    @Test
    void aMultiplierThatMakesARateImpossibleIsRefusedByItsOwnName() {
        assertRefused(
                nested("hyperparameters.learning_rate_multiplier", 1e9), "hyperparameters.learning_rate_multiplier");
    }

    @Test
    void fewerBytesThanTheIndexOfTheCapacityTakesAreRefused() {
        assertRefused(nested("dqn", Map.of("replay_bytes", 1 << 20, "replay_capacity", 1_000_000)), "dqn.replay_bytes");
        assertThat(dqn(Map.of("replay_bytes", 1 << 20, "replay_capacity", 1_000))
                        .get(Hyperparameter.REPLAY_BYTES))
                .isEqualTo(1 << 20);
    }

    @Test
    void repliesPerPromptAreTheComputeMultiplierRoundedUp() {
        assertThat(ReinforcementSettings.parse(nested("hyperparameters.compute_multiplier", 1.2))
                        .repliesPerPrompt())
                .isEqualTo(2);
        assertThat(ReinforcementSettings.parse(nested("hyperparameters.compute_multiplier", 0.1))
                        .repliesPerPrompt())
                .isEqualTo(1);
    }
}
