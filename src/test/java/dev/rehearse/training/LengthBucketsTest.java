package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.training.EncodedExamples.Sequence;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LengthBucketsTest {
    private static final int BATCH = 4;

    private static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    /** Lengths 2 to 21, in mixed order. */
    private static List<Sequence> sequences(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Sequence(new int[2 + i * 7 % 20], new int[] {1}))
                .toList();
    }

    private static List<Sequence> epoch(LengthBuckets buckets) {
        List<Sequence> seen = new ArrayList<>();
        for (int i = 0; i < buckets.batchesPerEpoch(); i++) {
            seen.addAll(buckets.next());
        }
        return seen;
    }

    @Test
    void eachExampleComesOnceAnEpoch() {
        List<Sequence> all = sequences(333);
        LengthBuckets buckets = new LengthBuckets(all, BATCH, random(1));
        assertThat(epoch(buckets)).containsExactlyInAnyOrderElementsOf(all);
        assertThat(epoch(buckets)).containsExactlyInAnyOrderElementsOf(all);
    }

    @Test
    void noBatchIsEmptyOrTooLarge() {
        LengthBuckets buckets = new LengthBuckets(sequences(333), BATCH, random(1));
        for (int i = 0; i < 2 * buckets.batchesPerEpoch(); i++) {
            assertThat(buckets.next()).hasSizeBetween(1, BATCH);
        }
    }

    @Test
    void fewerExamplesThanABatchAreOneBatch() {
        LengthBuckets buckets = new LengthBuckets(sequences(3), BATCH, random(1));
        assertThat(buckets.batchesPerEpoch()).isEqualTo(1);
        assertThat(buckets.next()).hasSize(3);
        assertThat(buckets.next()).hasSize(3);
    }

    @Test
    void aBatchHoldsSimilarLengths() {
        LengthBuckets buckets = new LengthBuckets(sequences(320), BATCH, random(1));
        int spread = 0;
        for (int i = 0; i < buckets.batchesPerEpoch(); i++) {
            var lengths = buckets.next().stream()
                    .mapToInt(sequence -> sequence.tokens().length)
                    .summaryStatistics();
            spread += lengths.getMax() - lengths.getMin();
        }
        // Unsorted batches of 4 out of 2 … 21 spread over 12 on average.
        assertThat(spread / (double) buckets.batchesPerEpoch()).isLessThan(2);
    }

    @Test
    void batchesDoNotComeInTheOrderOfTheirLengths() {
        LengthBuckets buckets = new LengthBuckets(sequences(100), BATCH, random(1));
        List<Integer> lengths = new ArrayList<>();
        for (int i = 0; i < buckets.batchesPerEpoch(); i++) {
            lengths.add(buckets.next().get(0).tokens().length);
        }
        List<Integer> sorted = lengths.stream().sorted().toList();
        assertThat(lengths).isNotEqualTo(sorted);
        java.util.Collections.reverse(lengths);
        assertThat(lengths).isNotEqualTo(sorted);
    }

    @Test
    void anExampleMeetsOthersInTheNextEpoch() {
        LengthBuckets buckets = new LengthBuckets(sequences(200), BATCH, random(1));
        Set<Set<Sequence>> first = batches(buckets);
        assertThat(batches(buckets)).isNotEqualTo(first);
    }

    private static Set<Set<Sequence>> batches(LengthBuckets buckets) {
        return IntStream.range(0, buckets.batchesPerEpoch())
                .mapToObj(i -> Set.copyOf(buckets.next()))
                .collect(Collectors.toSet());
    }

    @Test
    void equalSeedsGiveEqualEpochsAndNoTwoEpochsAreEqual() {
        List<Sequence> all = sequences(50);
        LengthBuckets first = new LengthBuckets(all, BATCH, random(1));
        LengthBuckets second = new LengthBuckets(all, BATCH, random(1));
        List<Sequence> epoch = epoch(first);
        assertThat(epoch(second)).isEqualTo(epoch);
        assertThat(epoch(second)).isNotEqualTo(epoch);
    }

    @Test
    void whatIsSkippedIsWhatWouldHaveComeAlsoIntoTheNextEpoch() {
        List<Sequence> all = sequences(50);
        LengthBuckets taken = new LengthBuckets(all, BATCH, random(1));
        LengthBuckets skipped = new LengthBuckets(all, BATCH, random(1));
        int batches = taken.batchesPerEpoch() + 3;
        for (int i = 0; i < batches; i++) {
            taken.next();
        }
        skipped.skip(batches);
        assertThat(epoch(skipped)).isEqualTo(epoch(taken));
    }
}
