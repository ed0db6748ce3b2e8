package dev.rehearse.training;

import dev.rehearse.training.EncodedExamples.Sequence;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Batches of examples of similar length, in random order: one epoch after the other, each example once an epoch.
 * Confined to one thread.
 */
final class LengthBuckets {
    /** Batches that are sorted by length together; more save padding, fewer mix better. */
    private static final int POOL = 32;

    private final List<Sequence> sequences;
    private final int batchSize;
    private final RandomGenerator random;
    private final List<List<Sequence>> ready = new ArrayList<>();

    LengthBuckets(List<Sequence> sequences, int batchSize, RandomGenerator random) {
        this.sequences = sequences;
        this.batchSize = batchSize;
        this.random = random;
    }

    int batchesPerEpoch() {
        return (sequences.size() + batchSize - 1) / batchSize;
    }

    List<Sequence> next() {
        if (ready.isEmpty()) {
            refill();
        }
        return ready.remove(ready.size() - 1);
    }

    /** Goes on as if so many batches had been taken. */
    void skip(int batches) {
        for (int i = 0; i < batches; i++) {
            next();
        }
    }

    private void refill() {
        List<Sequence> epoch = new ArrayList<>(sequences);
        shuffle(epoch);
        for (int from = 0; from < epoch.size(); from += POOL * batchSize) {
            List<Sequence> pool = epoch.subList(from, Math.min(epoch.size(), from + POOL * batchSize));
            pool.sort(Comparator.comparingInt(sequence -> sequence.tokens().length));
            for (int begin = 0; begin < pool.size(); begin += batchSize) {
                ready.add(List.copyOf(pool.subList(begin, Math.min(pool.size(), begin + batchSize))));
            }
        }
        shuffle(ready);
    }

    /** Fisher–Yates; {@code Collections.shuffle} takes a RandomGenerator only from Java 21 on. */
    private void shuffle(List<?> list) {
        for (int i = list.size() - 1; i > 0; i--) {
            Collections.swap(list, i, random.nextInt(i + 1));
        }
    }
}
