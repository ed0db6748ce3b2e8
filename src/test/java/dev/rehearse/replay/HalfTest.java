package dev.rehearse.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class HalfTest {
    @Test
    void everyFiniteHalfComesBackTheSame() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            if ((bits & 0x7c00) != 0x7c00) {
                assertThat(Half.of(Half.toFloat((short) bits))).isEqualTo((short) bits);
            }
        }
    }

    @Test
    void knowsTheTextbookValues() {
        assertThat(Half.toFloat((short) 0x3c00)).isEqualTo(1f);
        assertThat(Half.toFloat((short) 0xc000)).isEqualTo(-2f);
        assertThat(Half.toFloat((short) 0x7bff)).isEqualTo(65_504f);
        assertThat(Half.toFloat((short) 1)).isEqualTo(0x1p-24f);
        assertThat(Half.of(-65_535f)).isEqualTo((short) 0xfbff);
    }

    @Test
    void roundsToTheNearestAndTiesToEven() {
        assertThat(Half.toFloat(Half.of(1 + 0x1p-11f))).isEqualTo(1f);
        assertThat(Half.toFloat(Half.of(1 + 3 * 0x1p-11f))).isEqualTo(1 + 0x1p-9f);
        ReplayRandom random = new ReplayRandom(3);
        for (int i = 0; i < 100_000; i++) {
            float value = -20 * random.nextFloat() - 1e-3f;
            assertThat(Half.toFloat(Half.of(value))).isCloseTo(value, within(Math.abs(value) * 0x1p-11f));
        }
    }
}
