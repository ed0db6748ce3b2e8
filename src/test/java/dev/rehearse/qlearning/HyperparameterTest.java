package dev.rehearse.qlearning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.networks.NetworkOptions.ValueTrunk;
import dev.rehearse.qlearning.Hyperparameters.Draws;
import dev.rehearse.qlearning.Hyperparameters.Form;
import dev.rehearse.qlearning.Hyperparameters.Loss;
import dev.rehearse.qlearning.Hyperparameters.TargetSync;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class HyperparameterTest {
    @ParameterizedTest
    @EnumSource
    void everyDefaultIsAllowed(Hyperparameter parameter) {
        assertThat(parameter.check(parameter.defaultValue())).isEqualTo(parameter.defaultValue());
    }

    @ParameterizedTest
    @EnumSource
    void aRefusalNamesTheSettingTheValueAndTheRange(Hyperparameter parameter) {
        assertThatThrownBy(() -> parameter.check(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(parameter.wireName() + " is -1; allowed: " + parameter.allowed());
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, -1e-9, 1.000001})
    void whatIsNoNumberOfTheRangeIsRefused(double value) {
        assertThatThrownBy(() -> Hyperparameter.LAMBDA.check(value)).hasMessageStartingWith("lambda is ");
    }

    @ParameterizedTest
    @EnumSource
    void everySettingIsFoundByItsNameAlone(Hyperparameter parameter) {
        assertThat(Hyperparameter.named(parameter.wireName())).contains(parameter);
    }

    @Test
    void noNameIsFoundThatIsNotASetting() {
        assertThat(Hyperparameter.named("GAMMA")).isEmpty();
    }

    @Test
    void namesAreDistinct() {
        assertThat(Arrays.stream(Hyperparameter.values()).map(Hyperparameter::wireName))
                .doesNotHaveDuplicates();
    }

    @Test
    void wholeNumbersHaveNoFraction() {
        assertThat(Hyperparameter.text(268_435_456)).isEqualTo("268435456");
        assertThat(Hyperparameter.text(0.7)).isEqualTo("0.7");
    }

    @Test
    void whatIsNotGivenIsTheDefault() {
        Hyperparameters defaults = Hyperparameters.defaults();
        for (Hyperparameter parameter : Hyperparameter.values()) {
            assertThat(defaults.get(parameter)).isEqualTo(parameter.defaultValue());
        }
    }

    @Test
    void oneNumberChangesAndAllElseStays() {
        Hyperparameters start = new Hyperparameters(
                Form.of(Algorithm.SOFT_DQN),
                Map.of(Hyperparameter.GAMMA, 0.5),
                Draws.PRIORITIZED,
                TargetSync.HARD,
                Loss.HUBER,
                ValueTrunk.STOPPED);
        Map<Hyperparameter, Double> both = Map.of(Hyperparameter.GAMMA, 0.5, Hyperparameter.ALPHA, 2.0);
        assertThat(start.with(Hyperparameter.ALPHA, 2))
                .isEqualTo(new Hyperparameters(
                        Form.of(Algorithm.SOFT_DQN),
                        both,
                        Draws.PRIORITIZED,
                        TargetSync.HARD,
                        Loss.HUBER,
                        ValueTrunk.STOPPED));
    }

    @Test
    void aValueOutOfRangeMakesNoHyperparameters() {
        assertThatThrownBy(() -> Hyperparameters.defaults().with(Hyperparameter.TARGET_TAU, 2))
                .hasMessageStartingWith("target.tau is 2");
    }

    @Test
    void laterChangesOfTheGivenMapChangeNothing() {
        Map<Hyperparameter, Double> given = new EnumMap<>(Hyperparameter.class);
        Hyperparameters settings = new Hyperparameters(
                Form.of(Algorithm.SOFT_DQN), given, Draws.UNIFORM, TargetSync.EMA, Loss.MSE, ValueTrunk.SHARED);
        given.put(Hyperparameter.GAMMA, 0.0);
        assertThat(settings.given()).isEmpty();
    }
}
