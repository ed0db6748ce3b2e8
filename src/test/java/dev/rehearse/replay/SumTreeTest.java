package dev.rehearse.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SumTreeTest {
    private final ReplayRandom random = new ReplayRandom(1);

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 15, 16, 17, 255, 256, 257, 5000})
    void findsTheSameLeafAsANaiveScanAfterAnyUpdates(int leaves) {
        SumTree tree = new SumTree(leaves);
        long[] naive = new long[leaves]; // whole numbers, so that both sums are exact
        for (int step = 0; step < 5_000; step++) {
            int leaf = random.nextInt(leaves);
            naive[leaf] = random.nextInt(3) == 0 ? 0 : random.nextInt(1000);
            tree.set(leaf, naive[leaf]);
            long total = Arrays.stream(naive).sum();
            assertThat(tree.total()).isEqualTo(total);
            if (total > 0) {
                long point = random.nextLong(total);
                assertThat(tree.find(point)).isEqualTo(scan(naive, point));
            }
        }
        assertThat(tree.filled())
                .isEqualTo((int) Arrays.stream(naive).filter(w -> w > 0).count());
    }

    @Test
    void neverFindsAnEmptyLeafEvenAtTheVeryEnd() {
        SumTree tree = new SumTree(300);
        for (int round = 0; round < 3_000; round++) {
            tree.set(
                    random.nextInt(300),
                    random.nextInt(4) > 0 ? 0 : random.nextDouble() * Math.pow(10, round % 30 - 15));
            if (tree.filled() > 0) {
                for (double part : new double[] {0, random.nextDouble(), Math.nextDown(1.0), 1}) {
                    assertThat(tree.get(tree.find(part * tree.total()))).isPositive();
                }
            }
        }
    }

    @Test
    void thePointAtTheEndIsInTheLastLeafThatIsNotEmpty() {
        SumTree tree = new SumTree(300);
        for (int leaf = 0; leaf < 200; leaf++) {
            tree.set(leaf, 0.1);
        }
        assertThat(tree.find(tree.total())).isEqualTo(199);
        assertThat(tree.find(0)).isZero();
    }

    @Test
    void tenMillionUpdatesLeaveNoDrift() {
        SumTree old = new SumTree(4096);
        for (int i = 0; i < 10_000_000; i++) {
            old.set(i * 2039 & 4095, random.nextDouble() * 1e6);
        }
        for (int leaf = 0; leaf < 4096; leaf++) {
            old.set(leaf, leaf % 3 == 0 ? 0 : 1e-9 / leaf);
        }
        SumTree fresh = new SumTree(4096);
        for (int leaf = 4095; leaf >= 0; leaf--) {
            fresh.set(leaf, old.get(leaf));
        }
        assertThat(old.total()).isEqualTo(fresh.total());
        for (int i = 0; i < 4096; i++) {
            assertThat(old.find(old.total() * i / 4096)).isEqualTo(fresh.find(fresh.total() * i / 4096));
        }
    }

    @Test
    void emptyingEveryLeafLeavesExactlyNothing() {
        SumTree tree = new SumTree(1000);
        for (int leaf = 0; leaf < 1000; leaf++) {
            tree.set(leaf, random.nextDouble());
        }
        for (int leaf = 0; leaf < 1000; leaf++) {
            tree.set(leaf, leaf % 2 == 0 ? 0.0 : -0.0);
        }
        assertThat(tree.total()).isZero();
        assertThat(tree.filled()).isZero();
        assertThatThrownBy(() -> tree.find(0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void refusesWeightsThatAreNone() {
        SumTree tree = new SumTree(4);
        for (double weight : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> tree.set(0, weight)).hasMessageContaining("weight is " + weight);
        }
        assertThatThrownBy(() -> tree.set(4, 1)).hasMessageContaining("leaf is 4, must be between 0 and 3");
    }

    @Test
    void itsBytesAreEightAndAHalfPerLeaf() {
        assertThat(SumTree.bytes(100_000) / 100_000.0).isBetween(8.5, 8.6);
        assertThat(SumTree.bytes(1)).isEqualTo(16 * Double.BYTES);
    }

    private static int scan(long[] weights, long point) {
        long rest = point;
        for (int leaf = 0; ; leaf++) {
            if (rest < weights[leaf]) {
                return leaf;
            }
            rest -= weights[leaf];
        }
    }
}
