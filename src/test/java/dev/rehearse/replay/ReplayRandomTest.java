package dev.rehearse.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ReplayRandomTest {
    /** The first numbers of the authors' C program from the state (1, 2). */
    @Test
    void isTheGeneratorThatWasPublished() {
        ReplayRandom random = new ReplayRandom(1, 2);
        assertThat(LongStream.generate(random::nextLong).limit(5))
                .containsExactly(
                        393217L,
                        669327710093319L,
                        1732421326133921491L,
                        Long.parseUnsignedLong("11394790081659126983"),
                        Long.parseUnsignedLong("9555452776773192676"));
    }

    /** SplitMix64 from 0: 16294208416658607535, 7960286522194355700. */
    @Test
    void isSeededBySplitMix() {
        ReplayRandom seeded = new ReplayRandom(0);
        ReplayRandom state = new ReplayRandom(Long.parseUnsignedLong("16294208416658607535"), 7960286522194355700L);
        assertThat(seeded.nextLong()).isEqualTo(state.nextLong());
        assertThat(seeded.nextLong()).isEqualTo(state.nextLong());
    }

    @Test
    void otherSeedsGiveOtherNumbers() {
        assertThat(LongStream.range(0, 1000)
                        .map(seed -> new ReplayRandom(seed).nextLong())
                        .distinct())
                .hasSize(1000);
    }

    @Test
    void refusesTheOneStateThatNeverMoves() {
        assertThatThrownBy(() -> new ReplayRandom(0, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
