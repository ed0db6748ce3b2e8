package dev.rehearse.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ReplayConcurrencyTest {
    private static final int DRAWS = 3_000;
    /** Numbers repeat after this many, so that each is exact as a float. */
    private static final int NUMBERS = 40_000;

    private final ReplayMemory memory = Episodes.memory(Episodes.settings(50, new Sampling.Prioritized(0.6, 0.4)));

    /** Every column of an episode tells the same number, so that a row torn between two episodes is seen. */
    private static Episode telling(int number) {
        int length = 2 + number % 40;
        int[] tokens = new int[length];
        boolean[] mask = new boolean[length];
        float[] numbers = new float[length];
        float[] logProbs = new float[length];
        Arrays.fill(tokens, number);
        Arrays.fill(mask, 1, length, true);
        Arrays.fill(numbers, number);
        Arrays.fill(logProbs, -number);
        return new Episode(tokens, mask, numbers, new float[length], logProbs, logProbs, number, Source.ONLINE);
    }

    @Test
    void aReaderNeverSeesAnEpisodeThatIsHalfAnother() throws Exception {
        CountDownLatch firstAdded = new CountDownLatch(1);
        CountDownLatch allDrawn = new CountDownLatch(1);
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Future<Long> writer = threads.submit(() -> {
                long number = 0;
                while (allDrawn.getCount() > 0) {
                    memory.add(telling((int) (number++ % NUMBERS)));
                    firstAdded.countDown();
                }
                return number;
            });
            Future<?> reader = threads.submit(() -> {
                firstAdded.await();
                try {
                    drawAndUpdate();
                } finally {
                    allDrawn.countDown();
                }
                return null;
            });
            reader.get();
            long added = writer.get();
            assertThat(memory.stats().added()).isEqualTo(added);
        } finally {
            threads.shutdownNow();
            assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(memory.stats().episodes()).isEqualTo(50);
        assertThat(memory.stats().drawable()).isEqualTo(50);
        assertThat(memory.stats().drawn()).isEqualTo(DRAWS * 16);
        assertThat(memory.limiter().counters().learned()).isEqualTo(DRAWS * 16);
    }

    @Test
    void aSnapshotTakenWhileAWriterAddsIsOfOneMoment() throws Exception {
        CountDownLatch firstAdded = new CountDownLatch(1);
        CountDownLatch allTaken = new CountDownLatch(1);
        ExecutorService threads = Executors.newSingleThreadExecutor();
        try {
            Future<?> writer = threads.submit(() -> {
                for (int number = 0; allTaken.getCount() > 0; number++) {
                    memory.add(telling(number % NUMBERS));
                    firstAdded.countDown();
                }
            });
            firstAdded.await();
            Batch batch = new Batch(16);
            for (int snapshot = 0; snapshot < 50; snapshot++) {
                ReplayMemory restored = Snapshots.memory(Snapshots.bytes(memory), memory.settings());
                restored.draw(batch, 0, 0.4);
                for (int row = 0; row < batch.rows(); row++) {
                    assertWhole(batch, row);
                }
                assertThat(restored.limiter().counters().added())
                        .isEqualTo(restored.stats().added());
            }
            allTaken.countDown();
            writer.get();
        } finally {
            allTaken.countDown();
            threads.shutdownNow();
            assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    private void drawAndUpdate() {
        Batch batch = new Batch(16);
        for (int draw = 0; draw < DRAWS; draw++) {
            memory.draw(batch, 0, 0.4);
            for (int row = 0; row < batch.rows(); row++) {
                assertWhole(batch, row);
            }
            memory.updatePriorities(batch, new float[batch.rows() * batch.length()]);
        }
    }

    private static void assertWhole(Batch batch, int row) {
        int number = (int) (batch.handle(row).number() % NUMBERS);
        int length = 2 + number % 40;
        assertThat(batch.lengths()[row]).isEqualTo(length);
        for (int t = 0; t < batch.length(); t++) {
            int at = row * batch.length() + t;
            boolean inside = t < length;
            boolean action = inside && t > 0;
            boolean whole = batch.tokens()[at] == (inside ? number : 0)
                    && batch.actionMask()[at] == action
                    && batch.rewards()[at] == (inside ? number : 0)
                    && batch.priorLogProbs()[at] == (action ? -number : 0);
            assertThat(whole).as("row of episode %d at position %d", number, t).isTrue();
        }
    }
}
