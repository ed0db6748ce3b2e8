package dev.rehearse.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The memory against its naive twin: the same random numbers must give the same draws, column by column. */
class ReplayMemoryTwinTest {
    private static final int STEPS = 3_000;

    private final ReplayRandom chance = new ReplayRandom(11);

    static Stream<ReplaySettings> settings() {
        Sampling uniform = new Sampling.Uniform();
        Sampling prioritized = new Sampling.Prioritized(0.6, 0.4);
        ReplaySettings.Reuse limited = new ReplaySettings.Reuse(3, 4);
        return Stream.of(
                settings(1_000, 24, Long.MAX_VALUE, 1 << 22, uniform, ReplaySettings.Reuse.UNLIMITED),
                settings(1_000, 1_000, 800, 1 << 22, prioritized, ReplaySettings.Reuse.UNLIMITED),
                settings(1_000, 64, Long.MAX_VALUE, 12_000, prioritized, limited),
                settings(70_000, 37, 1_000, 16_000, uniform, limited),
                settings(70_000, 1, Long.MAX_VALUE, 1 << 12, prioritized, ReplaySettings.Reuse.UNLIMITED));
    }

    private static ReplaySettings settings(
            int vocabulary, int episodes, long transitions, long bytes, Sampling sampling, ReplaySettings.Reuse reuse) {
        ReplaySettings.Bounds bounds = new ReplaySettings.Bounds(episodes, transitions, bytes);
        return new ReplaySettings(vocabulary, bounds, sampling, 0.25, reuse, ReplaySettings.Pace.OFFLINE);
    }

    @ParameterizedTest
    @MethodSource("settings")
    void drawsWhatTheNaiveTwinDraws(ReplaySettings settings) {
        ReplayMemory memory = new ReplayMemory(settings, new ReplayRandom(5), () -> 0);
        NaiveMemory twin = new NaiveMemory(settings, new ReplayRandom(5));
        EpisodePacker packer = new EpisodePacker(new EpisodeLayout(settings.vocabularySize()));
        long capacity = (settings.bounds().maxBytes()
                        - EpisodeArena.fixedBytes(settings.bounds().maxEpisodes()))
                / 4
                * 4;
        List<Batch> batches = Stream.generate(() -> new Batch(4)).limit(6).toList();
        for (int step = 0; step < STEPS; step++) {
            int version = step / 100;
            if (step % 3 == 0 || chance.nextInt(3) == 0) {
                Episode episode =
                        Episodes.any(chance, settings.vocabularySize(), Math.max(0, version - chance.nextInt(7)));
                memory.add(episode);
                twin.add(episode, 4L * packer.pack(episode), capacity);
            } else {
                Batch batch = batches.get(chance.nextInt(batches.size()));
                memory.draw(batch, version, 0.5);
                assertSame(batch, twin.draw(4, version, 0.5), version);
                updateBoth(memory, twin, batches.get(chance.nextInt(batches.size())));
            }
            assertSameContents(memory, twin);
        }
        assertThat(memory.stats().evicted()).isPositive();
        assertThat(memory.stats().latePriorities()).isPositive();
    }

    private void updateBoth(ReplayMemory memory, NaiveMemory twin, Batch batch) {
        float[] errors = new float[batch.rows() * batch.length()];
        for (int i = 0; i < errors.length; i++) {
            errors[i] = batch.actionMask()[i] ? (float) (3 * chance.nextGaussian()) : Float.NaN;
        }
        memory.updatePriorities(batch, errors);
        for (int row = 0; row < batch.rows(); row++) {
            double largest = 0;
            double sum = 0;
            int actions = 0;
            for (int i = row * batch.length(); i < (row + 1) * batch.length(); i++) {
                if (batch.actionMask()[i]) {
                    largest = Math.max(largest, Math.abs(errors[i]));
                    sum += Math.abs(errors[i]);
                    actions++;
                }
            }
            twin.update(batch.handle(row).number(), 0.9 * largest + 0.1 * sum / actions);
        }
    }

    private static void assertSameContents(ReplayMemory memory, NaiveMemory twin) {
        ReplayStats stats = memory.stats();
        assertThat(stats.episodes()).isEqualTo(twin.held.size());
        assertThat(stats.transitions()).isEqualTo(twin.transitions());
        assertThat(stats.bytes())
                .isEqualTo(twin.contentBytes() + (long) twin.held.size() * EpisodeArena.BYTES_PER_EPISODE);
        assertThat(stats.drawable())
                .isEqualTo((int) twin.held.stream().filter(h -> h.weight > 0).count());
        assertThat(stats.latePriorities()).isEqualTo(twin.late);
    }

    private static void assertSame(Batch batch, List<NaiveMemory.Drawn> expected, int version) {
        assertThat(batch.rows()).isEqualTo(expected.size());
        double largest = expected.stream()
                .mapToDouble(NaiveMemory.Drawn::rawWeight)
                .max()
                .orElse(1);
        int longest = expected.stream()
                .mapToInt(drawn -> drawn.held().episode.length())
                .max()
                .orElse(0);
        assertThat(batch.length()).isEqualTo(longest);
        for (int row = 0; row < batch.rows(); row++) {
            NaiveMemory.Held held = expected.get(row).held();
            assertThat(batch.handle(row).number()).isEqualTo(held.number);
            assertThat(batch.source(row)).isEqualTo(held.episode.source());
            assertThat((double) batch.weights()[row])
                    .isCloseTo(expected.get(row).rawWeight() / largest, within(1e-6));
            int age = held.shown() ? 0 : Math.max(0, version - held.episode.policyVersion());
            assertThat(batch.ages()[row]).isEqualTo(age);
            assertSameColumns(batch, row, held.episode);
        }
    }

    private static void assertSameColumns(Batch batch, int row, Episode episode) {
        int from = row * batch.length();
        int to = from + batch.length();
        int length = batch.length();
        assertThat(batch.lengths()[row]).isEqualTo(episode.length());
        assertThat(Arrays.copyOfRange(batch.tokens(), from, to)).isEqualTo(Arrays.copyOf(episode.tokens(), length));
        assertThat(Arrays.copyOfRange(batch.actionMask(), from, to))
                .isEqualTo(Arrays.copyOf(episode.actionMask(), length));
        assertThat(Arrays.copyOfRange(batch.rewards(), from, to)).isEqualTo(Arrays.copyOf(episode.rewards(), length));
        assertThat(Arrays.copyOfRange(batch.discounts(), from, to))
                .isEqualTo(Arrays.copyOf(episode.discounts(), length));
        assertThat(Arrays.copyOfRange(batch.priorLogProbs(), from, to))
                .isEqualTo(Arrays.copyOf(episode.priorLogProbs(), length));
        float[] behaviour = Arrays.copyOf(episode.behaviourLogProbs(), length);
        for (int t = 0; t < length; t++) {
            behaviour[t] = Half.toFloat(Half.of(behaviour[t]));
        }
        assertThat(Arrays.copyOfRange(batch.behaviourLogProbs(), from, to)).isEqualTo(behaviour);
    }
}
