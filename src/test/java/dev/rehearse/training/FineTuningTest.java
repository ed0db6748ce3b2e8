package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class FineTuningTest {
    @Test
    void rewardsAreScaledByTheirStandardDeviation() {
        assertThat(FineTuning.rewardScale(new double[] {0, 0, 1, 1})).isCloseTo(Math.sqrt(1 / 3.0), within(1e-12));
    }

    @Test
    void rewardsThatDoNotDifferYetAreLeftAsTheyAre() {
        assertThat(FineTuning.rewardScale(new double[] {0, 0, 0})).isEqualTo(1);
        assertThat(FineTuning.rewardScale(new double[] {0.7, 0.7, 0.7})).isEqualTo(1);
        assertThat(FineTuning.rewardScale(new double[] {3})).isEqualTo(1);
    }
}
