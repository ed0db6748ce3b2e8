package dev.rehearse.qlearning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.rehearse.qlearning.Schedule.Linear;
import dev.rehearse.qlearning.Schedule.WarmupCosine;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    @Test
    void theLinearOneGoesStraightFromStartToEndAndStays() {
        Schedule linear = new Linear(1, 0, 4);
        assertThat(new double[] {linear.at(0), linear.at(1), linear.at(4), linear.at(99)})
                .containsExactly(1, 0.75, 0, 0);
    }

    @Test
    void aLinearOneOverNoStepsIsAtItsEnd() {
        assertThat(new Linear(1, 0.25, 0).at(0)).isEqualTo(0.25);
    }

    @Test
    void theWarmUpEndsAtThePeakAndNeverStartsAtNothing() {
        Schedule cosine = new WarmupCosine(8, 4, 100, 0);
        assertThat(new double[] {cosine.at(0), cosine.at(1), cosine.at(2), cosine.at(3), cosine.at(4)})
                .containsExactly(2, 4, 6, 8, 8);
    }

    @Test
    void theCosineIsHalfWayInTheMiddleAndAtItsFloorAtTheEnd() {
        Schedule cosine = new WarmupCosine(10, 20, 120, 0.1);
        assertThat(cosine.at(70)).isCloseTo(5.5, within(1e-12));
        assertThat(cosine.at(120)).isCloseTo(1, within(1e-12));
        assertThat(cosine.at(1000)).isCloseTo(1, within(1e-12));
    }

    @Test
    void withoutWarmUpTheFirstStepIsMadeAtThePeak() {
        assertThat(new WarmupCosine(3, 0, 10, 0).at(0)).isEqualTo(3);
    }

    @Test
    void aRunNoLongerThanItsWarmUpStaysFinite() {
        Schedule cosine = new WarmupCosine(1, 5, 5, 0.1);
        assertThat(cosine.at(4)).isEqualTo(1);
        assertThat(cosine.at(5)).isEqualTo(1);
        assertThat(cosine.at(6)).isCloseTo(0.1, within(1e-12));
    }
}
