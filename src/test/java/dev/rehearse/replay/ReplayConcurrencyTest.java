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
    private static final int EPISODES = 30_000;

    private final ReplayMemory memory = Episodes.memory(Episodes.settings(50, new Sampling.Prioritized(0.6, 0.4)));

    /** Every column of an episode tells the same number, so that a row torn between two episodes is seen. */
    private static Episode telling(int number) {
        int length = 2 + number % 40;
        int[] tokens = new int[length];
        boolean[] mask = new boolean[length];
        float[] numbers = new float[length];
        float[] logProbs = new float[length];
        Arrays.fill(tokens, number % 50_000);
        Arrays.fill(mask, 1, length, true);
        Arrays.fill(numbers, number);
        Arrays.fill(logProbs, -number);
        return new Episode(tokens, mask, numbers, new float[length], logProbs, logProbs, number, Source.ONLINE);
    }

    @Test
    void aReaderNeverSeesAnEpisodeThatIsHalfAnother() throws Exception {
        CountDownLatch bothReady = new CountDownLatch(2);
        CountDownLatch firstAdded = new CountDownLatch(1);
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Future<?> writer = threads.submit(() -> {
                meet(bothReady);
                for (int number = 0; number < EPISODES; number++) {
                    memory.add(telling(number));
                    firstAdded.countDown();
                }
            });
            Future<Integer> reader = threads.submit(() -> {
                meet(bothReady);
                firstAdded.await();
                return readUntilDone(writer);
            });
            writer.get();
            assertThat(reader.get()).isPositive();
        } finally {
            threads.shutdownNow();
            assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        }
        ReplayStats stats = memory.stats();
        assertThat(stats.added()).isEqualTo(EPISODES);
        assertThat(stats.episodes()).isEqualTo(50);
        assertThat(memory.limiter().counters().learned()).isEqualTo(stats.drawn());
    }

    private int readUntilDone(Future<?> writer) {
        Batch batch = new Batch(16);
        int rows = 0;
        do {
            memory.draw(batch, 0, 0.4);
            for (int row = 0; row < batch.rows(); row++) {
                assertWhole(batch, row);
            }
            memory.updatePriorities(batch, new float[batch.rows() * batch.length()]);
            rows += batch.rows();
        } while (!writer.isDone());
        return rows;
    }

    private static void assertWhole(Batch batch, int row) {
        int number = (int) batch.handle(row).number();
        int length = 2 + number % 40;
        assertThat(batch.lengths()[row]).isEqualTo(length);
        for (int t = 0; t < batch.length(); t++) {
            int at = row * batch.length() + t;
            boolean inside = t < length;
            boolean action = inside && t > 0;
            boolean whole = batch.tokens()[at] == (inside ? number % 50_000 : 0)
                    && batch.actionMask()[at] == action
                    && batch.rewards()[at] == (inside ? number : 0)
                    && batch.priorLogProbs()[at] == (action ? -number : 0);
            assertThat(whole).as("row of episode %d at position %d", number, t).isTrue();
        }
    }

    private static void meet(CountDownLatch latch) {
        latch.countDown();
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
