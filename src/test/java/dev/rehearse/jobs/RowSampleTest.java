package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RowSampleTest {

    @Test
    void fewRowsAreAllKept() {
        RowSample<Integer> sample = new RowSample<>(4, 1_000);
        for (int i = 0; i < 4; i++) {
            sample.add(i, 10);
        }
        assertThat(sample.rows()).containsExactly(0, 1, 2, 3);
        assertThat(sample.isComplete()).isTrue();
    }

    @Test
    void ofManyRowsThoseThatAreKeptAreEvenlySpaced() {
        RowSample<Integer> sample = new RowSample<>(4, 1_000);
        for (int i = 0; i < 15; i++) {
            sample.add(i, 10);
        }
        assertThat(sample.rows()).containsExactly(0, 4, 8, 12);
        assertThat(sample.seen()).isEqualTo(15);
        assertThat(sample.isComplete()).isFalse();
    }

    @Test
    void longRowsCountForMore() {
        RowSample<Integer> sample = new RowSample<>(100, 50);
        for (int i = 0; i < 10; i++) {
            sample.add(i, 20);
        }
        assertThat(sample.rows()).containsExactly(0, 8);
        sample.add(10, 1_000);
        assertThat(sample.rows()).hasSizeLessThanOrEqualTo(2);
    }
}
