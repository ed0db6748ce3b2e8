package dev.rehearse.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplayMemoryTest {
    private static final Sampling UNIFORM = new Sampling.Uniform();
    private static final Sampling PRIORITIZED = new Sampling.Prioritized(0.6, 0.4);

    private final ReplayRandom chance = new ReplayRandom(2);

    @Test
    void evictsTheOldestEpisodeWhenFull() {
        ReplayMemory memory = Episodes.memory(Episodes.settings(3, UNIFORM));
        for (int i = 0; i < 5; i++) {
            memory.add(Episodes.small(i));
        }
        assertThat(tokensDrawn(memory)).containsExactly(2, 3, 4);
        assertThat(memory.stats().evicted()).isEqualTo(2);
    }

    @Test
    void evictsByTransitionsToo() {
        ReplayMemory memory = Episodes.memory(bounded(new ReplaySettings.Bounds(100, 50, 1 << 20)));
        for (int i = 0; i < 20; i++) {
            memory.add(Episodes.of(3, 20, Source.ONLINE, chance));
            assertThat(memory.stats().transitions()).isLessThanOrEqualTo(50);
        }
        assertThat(memory.stats().episodes()).isEqualTo(2);
    }

    @Test
    void neverAllocatesMoreThanItsBytes() {
        ReplaySettings.Bounds bounds = new ReplaySettings.Bounds(1_000, Long.MAX_VALUE, 600_001);
        ReplayMemory memory = Episodes.memory(bounded(bounds));
        for (int i = 0; i < 2_000; i++) {
            memory.add(Episodes.any(chance, 50_000, 0));
            assertThat(memory.stats().bytes()).isLessThanOrEqualTo(bounds.maxBytes());
        }
        assertThat(memory.allocatedBytes()).isBetween(bounds.maxBytes() - 4, bounds.maxBytes());
        assertThat(memory.stats().evicted()).isPositive();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 32, 64, 120, 127})
    void anEpisodeOf128TokensTakesAtMost1300Bytes(int reply) {
        ReplayMemory memory = Episodes.memory(Episodes.settings(10, UNIFORM));
        memory.add(Episodes.of(128 - reply, reply, Source.ONLINE, chance));
        assertThat(memory.stats().bytes()).isLessThanOrEqualTo(1_300);
    }

    @Test
    void theBytesOfAnEpisodeAreTheSumOfItsColumns() {
        ReplayMemory memory = Episodes.memory(Episodes.settings(10, UNIFORM));
        memory.add(Episodes.of(32, 96, Source.ONLINE, chance));
        int header = 3 * 4;
        int tokens = 128 * 2;
        int mask = 128 / 8;
        int logProbs = 96 * (4 + 2);
        int runs = 2 * 2 * 8; // rewards 0 … 0, r; discounts 1 … 1, 0
        int index = 8 + 4 + 4 + 1 + 4 + 2 * 9;
        assertThat(memory.stats().bytes()).isEqualTo(header + tokens + mask + logProbs + runs + index);
    }

    @Test
    void refusesAnEpisodeThatCannotFitAndKeepsWhatItHas() {
        ReplayMemory memory = Episodes.memory(bounded(new ReplaySettings.Bounds(100, 50, 8_000)));
        memory.add(Episodes.small(1));
        assertThatThrownBy(() -> memory.add(Episodes.of(1, 51, Source.ONLINE, chance)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("episode has 51 actions");
        assertThatThrownBy(() -> memory.add(Episodes.of(5_000, 1, Source.ONLINE, chance)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(memory.stats().episodes()).isEqualTo(1);
    }

    @Test
    void refusesATokenOutsideTheVocabulary() {
        ReplayMemory memory = Episodes.memory(Episodes.settings(3, UNIFORM));
        assertThatThrownBy(() -> memory.add(Episodes.small(Episodes.VOCABULARY)))
                .hasMessage("tokens[1] is 50000, must be below 50000, the size of the vocabulary");
    }

    @Test
    void aLatePriorityIsDroppedAndNeverReachesTheNewcomer() {
        ReplayMemory memory = Episodes.memory(Episodes.settings(2, PRIORITIZED));
        EpisodeHandle gone = memory.add(Episodes.small(0));
        memory.add(Episodes.small(1));
        memory.add(Episodes.small(2)); // in the slot of the first
        memory.updatePriority(gone, 1e9);
        assertThat(memory.stats().latePriorities()).isEqualTo(1);
        assertThat(share(memory, 2)).isBetween(0.45, 0.55);
    }

    @Test
    void refusesAPriorityForAnEpisodeThatNeverWas() {
        ReplayMemory memory = Episodes.memory(Episodes.settings(2, PRIORITIZED));
        assertThatThrownBy(() -> memory.updatePriority(new EpisodeHandle(0), 1))
                .hasMessageContaining("episode 0 was never added");
    }

    @Test
    void oneErrorThatIsNotFiniteChangesNoPriority() {
        ReplayMemory memory = Episodes.memory(Episodes.settings(2, PRIORITIZED));
        memory.add(Episodes.small(0));
        memory.add(Episodes.small(1));
        Batch batch = new Batch(8);
        memory.draw(batch, 0, 1);
        float[] errors = new float[16];
        Arrays.fill(errors, 1e9f);
        errors[15] = Float.NaN;
        byte[] before = Snapshots.bytes(memory);
        assertThatThrownBy(() -> memory.updatePriorities(batch, errors)).hasMessageContaining("error is NaN");
        assertThat(Snapshots.bytes(memory)).isEqualTo(before);
        assertThatThrownBy(() -> memory.updatePriorities(batch, new float[15])).hasMessageContaining("15 entries");
    }

    @Test
    void aFixedShareOfEachBatchIsShown() {
        ReplayMemory memory = Episodes.memory(Episodes.settings(100, UNIFORM));
        for (int i = 0; i < 90; i++) {
            memory.add(Episodes.small(i));
        }
        memory.add(Episodes.small(90, Source.DEMONSTRATION, 0));
        memory.add(Episodes.small(91, Source.LOGGED, 0));
        Batch batch = new Batch(32);
        memory.draw(batch, 0, 1);
        for (int row = 0; row < 32; row++) {
            assertThat(batch.source(row).isShown()).isEqualTo(row >= 24);
        }
        assertThat(memory.stats().shown()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ONLINE", "DEMONSTRATION", "LOGGED"})
    void theKindThatIsThereFillsTheBatchAlone(Source source) {
        ReplayMemory memory = Episodes.memory(Episodes.settings(100, UNIFORM));
        memory.add(Episodes.small(1, source, 0));
        Batch batch = new Batch(32);
        memory.draw(batch, 0, 1);
        assertThat(batch.rows()).isEqualTo(32);
        assertThat(batch.source(31)).isEqualTo(source);
    }

    @Test
    void anEmptyMemoryDrawsNoRows() {
        Batch batch = new Batch(4);
        Episodes.memory(Episodes.settings(3, PRIORITIZED)).draw(batch, 0, 1);
        assertThat(batch.rows()).isZero();
    }

    @Test
    void drawsAnEpisodeAtMostAsOftenAsAllowed() {
        ReplayMemory memory =
                Episodes.memory(Episodes.settings(10, PRIORITIZED, new ReplaySettings.Reuse(2, Integer.MAX_VALUE)));
        EpisodeHandle first = memory.add(Episodes.small(0));
        memory.add(Episodes.small(1));
        Batch batch = new Batch(3);
        memory.draw(batch, 0, 1);
        assertThat(batch.rows()).isEqualTo(3);
        memory.updatePriority(first, 1e6); // does not bring it back
        memory.draw(batch, 0, 1);
        assertThat(batch.rows()).isEqualTo(1);
        memory.draw(batch, 0, 1);
        assertThat(batch.rows()).isZero();
        assertThat(memory.stats().episodes()).isEqualTo(2);
    }

    @Test
    void drawsNothingOlderThanAllowedExceptWhatWasShown() {
        ReplayMemory memory =
                Episodes.memory(Episodes.settings(10, UNIFORM, new ReplaySettings.Reuse(Integer.MAX_VALUE, 2)));
        memory.add(Episodes.small(0, Source.ONLINE, 3));
        memory.add(Episodes.small(1, Source.ONLINE, 2)); // older, though it came later
        memory.add(Episodes.small(2, Source.LOGGED, 0));
        Batch batch = new Batch(8);
        memory.draw(batch, 5, 1);
        assertThat(Arrays.stream(batch.ages(), 0, 8).boxed()).containsOnly(2, 0);
        memory.add(Episodes.small(3, Source.ONLINE, 2)); // too old on arrival
        assertThat(memory.stats().drawable()).isEqualTo(2);
    }

    @Test
    void eachDrawCountsWithTheLimiter() {
        ReplayMemory memory = Episodes.memory(Episodes.settings(10, UNIFORM));
        memory.add(Episodes.small(0));
        memory.draw(new Batch(5), 0, 1);
        assertThat(memory.limiter().counters()).isEqualTo(new RateLimiter.Counters(1, 1, 5, 0, 0));
    }

    @Test
    void aWarmDrawAllocatesNothing() {
        ReplayMemory memory = Episodes.memory(Episodes.settings(500, PRIORITIZED));
        for (int i = 0; i < 500; i++) {
            memory.add(Episodes.of(16, 48, i % 5 == 0 ? Source.LOGGED : Source.ONLINE, chance));
        }
        Batch batch = new Batch(64);
        float[] errors = new float[64 * 64];
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        learn(memory, batch, errors, 200);
        long before = threads.getCurrentThreadAllocatedBytes();
        learn(memory, batch, errors, 1_000);
        long perEpisode = (threads.getCurrentThreadAllocatedBytes() - before) / (1_000 * 64);
        assertThat(perEpisode).isZero();
    }

    private static void learn(ReplayMemory memory, Batch batch, float[] errors, int times) {
        for (int i = 0; i < times; i++) {
            memory.draw(batch, i, 0.4);
            memory.updatePriorities(batch, errors);
        }
    }

    private static ReplaySettings bounded(ReplaySettings.Bounds bounds) {
        ReplaySettings.Reuse unlimited = ReplaySettings.Reuse.UNLIMITED;
        return new ReplaySettings(50_000, bounds, UNIFORM, 0, unlimited, ReplaySettings.Pace.OFFLINE);
    }

    private static Set<Integer> tokensDrawn(ReplayMemory memory) {
        Batch batch = new Batch(100);
        memory.draw(batch, 0, 1);
        Set<Integer> tokens = new TreeSet<>();
        for (int row = 0; row < batch.rows(); row++) {
            tokens.add(batch.tokens()[row * batch.length() + 1]);
        }
        return tokens;
    }

    private static double share(ReplayMemory memory, int token) {
        Batch batch = new Batch(1_000);
        memory.draw(batch, 0, 1);
        int found = 0;
        for (int row = 0; row < 1_000; row++) {
            found += batch.tokens()[2 * row + 1] == token ? 1 : 0;
        }
        return found / 1_000.0;
    }
}
