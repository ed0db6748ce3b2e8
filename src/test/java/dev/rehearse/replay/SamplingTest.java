package dev.rehearse.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SamplingTest {
    private static final int EPISODES = 20;
    /** The 99.9% point of chi-squared with 19 degrees of freedom. */
    private static final double CRITICAL = 43.82;

    private static final int DRAWS = 40_000;

    private final Sampling.Prioritized prioritized = new Sampling.Prioritized(0.6, 0.4);

    @Test
    void theErrorOfAnEpisodeMixesLargestAndMeanOverItsActions() {
        float[] zeros = new float[4];
        boolean[] mask = {false, true, true, false};
        Episode episode = new Episode(new int[4], mask, zeros, zeros, zeros, zeros, 0, Source.ONLINE);
        EpisodeLayout layout = new EpisodeLayout(Episodes.VOCABULARY);
        EpisodePacker packer = new EpisodePacker(layout);
        packer.pack(episode);
        float[] errors = {Float.NaN, 100, -4, 1, Float.NaN};
        assertThat(layout.error(packer.words(), 0, errors, 1)).isCloseTo(0.9 * 4 + 0.1 * 2.5, within(1e-12));
    }

    @Test
    void alphaIsAppliedExactlyOnce() {
        ReplayMemory memory = memory(prioritized);
        assertThat(shares(memory, 1)[0]).isCloseTo(1 / 20.0, within(0.01));
        memory.updatePriority(new EpisodeHandle(0), 32);
        double p = Math.pow(32, 0.6); // 8: with alpha twice it were 3.5, never 32
        assertThat(shares(memory, 1)[0]).isCloseTo(p / (p + 19), within(0.01));
    }

    @Test
    void uniformDrawsAreUniform() {
        double[] expected = new double[EPISODES];
        Arrays.fill(expected, 1.0 / EPISODES);
        ReplayMemory memory = memory(new Sampling.Uniform());
        memory.updatePriority(new EpisodeHandle(3), 1000);
        assertThat(chiSquared(shares(memory, 1), expected)).isLessThan(CRITICAL);
    }

    @Test
    void prioritisedDrawsAreProportionalToThePriority() {
        assertThat(chiSquared(shares(withErrors(), 1), expectedShares(0.6))).isLessThan(CRITICAL);
    }

    @Test
    void theChiSquaredTestSeesAWrongAlpha() {
        assertThat(chiSquared(shares(withErrors(), 1), expectedShares(0.5))).isGreaterThan(CRITICAL);
    }

    @Test
    void stratifiedDrawsHaveTheSameDistribution() {
        assertThat(chiSquared(shares(withErrors(), 16), expectedShares(0.6))).isLessThan(CRITICAL);
    }

    @Test
    void asManyStratifiedDrawsAsEqualEpisodesGiveEachOnce() {
        double[] shares = shares(memory(new Sampling.Uniform()), EPISODES);
        assertThat(shares).containsOnly(shares[0]);
        assertThat(shares(memory(new Sampling.Uniform()), 1)[0]).isNotEqualTo(shares[0]);
    }

    @Test
    void importanceWeightsUndoThePriority() {
        ReplayMemory memory = withErrors();
        Batch batch = new Batch(1_000);
        memory.draw(batch, 0, 1);
        double[] p = expectedShares(0.6);
        double rarest = 0;
        for (int row = 0; row < 1_000; row++) {
            rarest = Math.max(rarest, 1 / p[(int) batch.handle(row).number()]);
        }
        for (int row = 0; row < 1_000; row++) {
            double weight = 1 / p[(int) batch.handle(row).number()] / rarest;
            assertThat((double) batch.weights()[row]).isCloseTo(weight, within(1e-6));
        }
    }

    @Test
    void withBetaZeroAndWithUniformDrawsEveryWeightIsOne() {
        Batch batch = new Batch(50);
        withErrors().draw(batch, 0, 0);
        assertThat(batch.weights()).containsOnly(1f);
        memory(new Sampling.Uniform()).draw(batch, 0, 1);
        assertThat(batch.weights()).containsOnly(1f);
    }

    @Test
    void aNewEpisodeEntersAtTheLargestPriority() {
        ReplayMemory memory = memory(prioritized);
        memory.updatePriority(new EpisodeHandle(0), 32);
        memory.updatePriority(new EpisodeHandle(0), 0.1);
        EpisodeHandle newcomer = memory.add(Episodes.small(2));
        double rest = Math.pow(0.1, 0.6) + 19;
        assertThat(shares(memory, 1)[(int) newcomer.number()]).isCloseTo(8 / (8 + rest), within(0.01));
    }

    @Test
    void anErrorOfZeroKeepsTheEpisodeDrawable() {
        ReplayMemory memory = Episodes.memory(Episodes.settings(4, prioritized));
        memory.updatePriority(memory.add(Episodes.small(2)), 0);
        Batch batch = new Batch(3);
        memory.draw(batch, 0, 1);
        assertThat(batch.rows()).isEqualTo(3);
    }

    @Test
    void betaGoesStraightToOne() {
        assertThat(prioritized.beta(0)).isEqualTo(0.4);
        assertThat(prioritized.beta(0.5)).isCloseTo(0.7, within(1e-12));
        assertThat(prioritized.beta(2)).isEqualTo(1);
    }

    @Test
    void refusesWhatIsNoExponent() {
        assertThatThrownBy(() -> new Sampling.Prioritized(1.1, 0)).hasMessage("alpha is 1.1, must be between 0 and 1");
        assertThatThrownBy(() -> new Sampling.Prioritized(1, Double.NaN)).hasMessageContaining("beta0 is NaN");
        assertThatThrownBy(() -> memory(prioritized).draw(new Batch(1), 0, 2)).hasMessageContaining("beta is 2.0");
    }

    private ReplayMemory withErrors() {
        ReplayMemory memory = memory(prioritized);
        for (int i = 0; i < EPISODES; i++) {
            memory.updatePriority(new EpisodeHandle(i), 0.2 * (i + 1));
        }
        return memory;
    }

    private static ReplayMemory memory(Sampling sampling) {
        ReplayMemory memory = Episodes.memory(Episodes.settings(64, sampling));
        for (int i = 0; i < EPISODES; i++) {
            memory.add(Episodes.small(i));
        }
        return memory;
    }

    private static double[] expectedShares(double alpha) {
        double[] shares = new double[EPISODES];
        double total = 0;
        for (int i = 0; i < EPISODES; i++) {
            shares[i] = Math.pow(0.2 * (i + 1), alpha);
            total += shares[i];
        }
        for (int i = 0; i < EPISODES; i++) {
            shares[i] /= total;
        }
        return shares;
    }

    private static double[] shares(ReplayMemory memory, int rows) {
        double[] shares = new double[memory.stats().episodes()];
        Batch batch = new Batch(rows);
        for (int draw = 0; draw < DRAWS / rows; draw++) {
            memory.draw(batch, 0, 0);
            for (int row = 0; row < rows; row++) {
                shares[(int) batch.handle(row).number()] += 1.0 / DRAWS;
            }
        }
        return shares;
    }

    private static double chiSquared(double[] observed, double[] expected) {
        double sum = 0;
        for (int i = 0; i < observed.length; i++) {
            double difference = observed[i] - expected[i];
            sum += DRAWS * difference * difference / expected[i];
        }
        return sum;
    }
}
