package dev.rehearse.networks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.rehearse.networks.Device.Priority;
import dev.rehearse.networks.NetworkOptions.ValueTrunk;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Parts of a batch on several threads, against the same work on one. */
@Timeout(60)
class LanesTest {
    private static final int SEQUENCES = 61;
    private static final LearningRates RATES = new LearningRates(1e-2, 1e-2, 1);
    private static final Gpt2 SMALL = Gpt2.of(11, 16, 8, 2, 2);
    private static Device one;
    private static Device three;
    private static int empty;

    @BeforeAll
    static void open() {
        one = Device.ofLanes(1);
        three = Device.ofLanes(3);
        empty = arrays();
    }

    @AfterAll
    static void close() {
        assertThat(arrays()).as("arrays that nobody closed").isEqualTo(empty);
        three.close();
        one.close();
    }

    private static int arrays() {
        return three.call(
                Priority.TRAINING, () -> three.manager().getManagedArrays().size());
    }

    @Test
    void partsRunAtOnceAndAnswerInTheirOrder() {
        CyclicBarrier together = new CyclicBarrier(3);
        List<Callable<Integer>> parts = IntStream.range(0, 3)
                .mapToObj(i -> (Callable<Integer>) () -> {
                    together.await(30, TimeUnit.SECONDS);
                    return i;
                })
                .toList();
        assertThat(three.sideBySide(Priority.TRAINING, parts)).containsExactly(0, 1, 2);
    }

    @Test
    void aFailureIsToldWhenNoPartRunsAnyMore() {
        AtomicBoolean ended = new AtomicBoolean();
        CyclicBarrier together = new CyclicBarrier(2);
        Callable<Boolean> failing = () -> {
            together.await(30, TimeUnit.SECONDS);
            throw new IllegalStateException("this part");
        };
        Callable<Boolean> slow = () -> {
            together.await(30, TimeUnit.SECONDS);
            Thread.sleep(50);
            ended.set(true);
            return true;
        };
        assertThatThrownBy(() -> three.sideBySide(Priority.TRAINING, List.of(failing, slow)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("this part");
        assertThat(ended).isTrue();
    }

    @Test
    void aLaneThatAsksTheDeviceIsRefusedInsteadOfWaitingForEver() {
        Callable<Integer> asking = () -> three.call(Priority.SERVING, () -> 1);
        assertThatThrownBy(() -> three.sideBySide(Priority.TRAINING, List.of(asking, asking, asking)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a lane asks the device, which waits for it");
    }

    @Test
    void partsThatWouldLeaveHalfOfTheLanesIdleRunOnTheDevicesThread() {
        Callable<String> where = () -> Thread.currentThread().getName();
        String device = three.call(Priority.TRAINING, where);
        assertThat(three.sideBySide(Priority.TRAINING, List.of(where))).containsExactly(device);
        assertThat(three.sideBySide(Priority.TRAINING, List.of(where, where))).doesNotContain(device);
        assertThat(one.sideBySide(Priority.TRAINING, List.of(where, where)))
                .containsOnly(one.call(Priority.TRAINING, where));
    }

    @Test
    void aNetworkWhoseGradientsWouldTakeTooMuchMemoryHasOneLane() {
        Gpt2 gpt2Small = Gpt2.of(50_257, 1_024, 768, 12, 12);
        Gpt2 half = Gpt2.of(50_257, 1_024, 512, 8, 8);
        assertThat(BatchDivision.lanes(2, gpt2Small)).isEqualTo(1);
        assertThat(BatchDivision.lanes(2, half)).isEqualTo(2);
        assertThat(BatchDivision.lanes(3, half)).isEqualTo(1);
        assertThat(BatchDivision.lanes(3, SMALL)).isEqualTo(3);
    }

    static Stream<Architecture> architectures() {
        return Stream.concat(Stream.of(SMALL, Llama.of(11, 16, 8, 2, 2, 1)), Seq2Seqs.shapes().stream());
    }

    private static TokenBatch batch() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(4);
        int[][] tokens = new int[SEQUENCES][];
        int[][] actions = new int[SEQUENCES][];
        for (int b = 0; b < SEQUENCES; b++) {
            tokens[b] = random.ints(2 + random.nextInt(10), 0, 11).toArray();
            actions[b] = new int[] {1 + random.nextInt(tokens[b].length - 1)};
        }
        return new TokenBatch(tokens, actions);
    }

    @ParameterizedTest
    @MethodSource("architectures")
    void threeLanesLearnWhatOneLearns(Architecture architecture) {
        TokenBatch batch = batch();
        assertThat(new BatchDivision(three, architecture).rounds(batch))
                .hasSize(1)
                .first()
                .satisfies(round -> assertThat(round).hasSize(3));
        try (TorchNetwork alone = TorchNetwork.create(one, architecture, NetworkOptions.exact(), 1);
                TorchNetwork divided = TorchNetwork.create(three, architecture, NetworkOptions.exact(), 1)) {
            for (int step = 0; step < 5; step++) {
                Fit expected = alone.fit(batch, new Objective.Imitation(), RATES);
                Fit actual = divided.fit(batch, new Objective.Imitation(), RATES);
                assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-5));
                assertThat(actual.entropy()).isCloseTo(expected.entropy(), within(1e-5));
                assertThat(actual.gradientNorm())
                        .isCloseTo(expected.gradientNorm(), within(1e-3 * expected.gradientNorm()));
            }
            assertThat(logProbs(divided, batch)).containsExactly(logProbs(alone, batch), within(1e-3f));
        }
    }

    private static float[] logProbs(QNetwork network, TokenBatch batch) {
        return Rows.join(network.read(batch).logProbs(), 0, batch.size());
    }

    @Test
    void equalRunsOnLanesAreEqualBitForBitDropoutToo() {
        TokenBatch batch = batch();
        NetworkOptions dropping = new NetworkOptions(ComputeType.F32, 0.3, ValueTrunk.SHARED);
        try (TorchNetwork first = TorchNetwork.create(three, SMALL, dropping, 1);
                TorchNetwork second = TorchNetwork.create(three, SMALL, dropping, 1);
                TorchNetwork still = TorchNetwork.create(three, SMALL, NetworkOptions.exact(), 1)) {
            for (int step = 0; step < 5; step++) {
                double loss = first.fit(batch, new Objective.Imitation(), RATES).loss();
                assertThat(second.fit(batch, new Objective.Imitation(), RATES).loss())
                        .isEqualTo(loss);
                assertThat(still.fit(batch, new Objective.Imitation(), RATES).loss())
                        .isNotEqualTo(loss);
            }
            assertThat(logProbs(second, batch)).containsExactly(logProbs(first, batch));
        }
    }

    @Test
    void frozenWeightsAreSharedByTheLanes() {
        TokenBatch batch = batch();
        NetworkOptions lora = new NetworkOptions(
                ComputeType.F32, 0, ValueTrunk.SHARED, new Trainable.Lora(2, 4, Trainable.Targets.ALL));
        try (TorchNetwork alone = TorchNetwork.create(one, SMALL, lora, 1);
                TorchNetwork divided = TorchNetwork.create(three, SMALL, lora, 1)) {
            for (int step = 0; step < 3; step++) {
                double expected =
                        alone.fit(batch, new Objective.Imitation(), RATES).loss();
                assertThat(divided.fit(batch, new Objective.Imitation(), RATES).loss())
                        .isCloseTo(expected, within(1e-5));
            }
            three.run(Priority.TRAINING, () -> {
                try (Weights alias = divided.weights().alias(three.manager())) {
                    assertThat(alias.array("wte.weight") == divided.weights().array("wte.weight"))
                            .isTrue();
                }
            });
        }
    }

    /** Q-learning, which reads a prior, and a batch of which some lanes have no part. */
    @Test
    void aSmallBatchAfterALargeOneIsLearnedAsOnOneLane() {
        TokenBatch large = batch();
        TokenBatch small = large.slice(0, 3);
        try (TorchNetwork alone = TorchNetwork.create(one, SMALL, NetworkOptions.exact(), 1);
                TorchNetwork alonePrior = alone.copy();
                TorchNetwork divided = TorchNetwork.create(three, SMALL, NetworkOptions.exact(), 1);
                TorchNetwork dividedPrior = divided.copy()) {
            for (TokenBatch batch : List.of(large, small, large)) {
                Fit expected = alone.fit(batch, soft(batch, alonePrior), RATES);
                Fit actual = divided.fit(batch, soft(batch, dividedPrior), RATES);
                assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-5));
                assertThat(actual.divergence()).isCloseTo(expected.divergence(), within(1e-5));
                assertThat(actual.gradientNorm())
                        .isCloseTo(expected.gradientNorm(), within(1e-3 * expected.gradientNorm()));
            }
            assertThat(logProbs(divided, large)).containsExactly(logProbs(alone, large), within(1e-3f));
        }
    }

    /** Every action's target is 1, and its probability under the prior 1/e. */
    private static Objective soft(TokenBatch batch, QNetwork prior) {
        float[] ones = new float[batch.size()];
        Arrays.fill(ones, 1);
        float[][] logProbs = new float[batch.size()][];
        Arrays.setAll(logProbs, b -> new float[] {-1});
        return new Objective.SoftQ(
                (first, readings) -> IntStream.range(0, readings.logProbs().length)
                        .mapToObj(b -> new float[] {1})
                        .toArray(float[][]::new),
                logProbs,
                ones,
                new float[batch.size()],
                prior,
                new SoftQLoss(0.5, 0, 1, 0.1, 0));
    }
}
