package dev.rehearse.networks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.rehearse.networks.AdamW.Group;
import dev.rehearse.networks.Device.Priority;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class AdamWTest {
    private static final double UNBOUNDED = 1e9;
    private static Device device;

    @BeforeAll
    static void open() {
        device = TestDevice.open();
    }

    @AfterAll
    static void close() {
        device.close();
    }

    /** Algorithm 2 of Loshchilov and Hutter 2019 without decay, in double, for one weight. */
    private static final class Twin {
        private final double[] weight;
        private final double[] mean;
        private final double[] square;
        private int step;

        Twin(float[] start) {
            weight = new double[start.length];
            mean = new double[start.length];
            square = new double[start.length];
            for (int i = 0; i < start.length; i++) {
                weight[i] = start[i];
            }
        }

        void step(float[] gradient, double scale, double rate) {
            step++;
            for (int i = 0; i < weight.length; i++) {
                double g = gradient[i] * scale;
                mean[i] = 0.9 * mean[i] + 0.1 * g;
                square[i] = 0.95 * square[i] + 0.05 * g * g;
                double unbiasedMean = mean[i] / (1 - Math.pow(0.9, step));
                double unbiasedSquare = square[i] / (1 - Math.pow(0.95, step));
                weight[i] -= rate * unbiasedMean / (Math.sqrt(unbiasedSquare) + 1e-8);
            }
        }

        float[] numbers() {
            float[] numbers = new float[weight.length];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = (float) weight[i];
            }
            return numbers;
        }
    }

    private static void onDevice(java.util.function.BiConsumer<PtNDManager, AdamW> work) {
        device.run(Priority.TRAINING, () -> {
            try (PtNDManager scope = (PtNDManager) device.manager().newSubManager();
                    AdamW optimiser = new AdamW(device)) {
                work.accept(scope, optimiser);
            }
        });
    }

    private static PtNDArray weight(PtNDManager scope, float... numbers) {
        PtNDArray array = (PtNDArray) scope.create(numbers, new Shape(numbers.length));
        PtNDArray owned = (PtNDArray) array.duplicate();
        Autograd.track(List.of(owned));
        return owned;
    }

    /** Makes the gradient of each weight the given numbers: that of the sum of weight times them. */
    private static void give(PtNDManager scope, List<PtNDArray> weights, List<float[]> gradients) {
        Autograd.clear(weights);
        Autograd.differentiate(() -> {
            NDArray loss = scope.create(0f);
            for (int i = 0; i < weights.size(); i++) {
                loss = loss.add(
                        weights.get(i).mul(scope.create(gradients.get(i))).sum());
            }
            return new Autograd.Loss<>(loss, weights);
        });
    }

    private static double norm(List<float[]> gradients) {
        double squares = 0;
        for (float[] gradient : gradients) {
            for (float g : gradient) {
                squares += g * (double) g;
            }
        }
        return Math.sqrt(squares);
    }

    @Test
    void severalClippedStepsEqualTheTextbooksAlgorithm() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
        onDevice((scope, optimiser) -> {
            float[][] starts = {{0.5f, -1f, 2f}, {3f}, {-0.25f, 0.75f}};
            List<PtNDArray> weights = new ArrayList<>();
            List<Twin> twins = new ArrayList<>();
            for (float[] start : starts) {
                weights.add(weight(scope, start));
                twins.add(new Twin(start));
            }
            double[] rates = {0.1, 0.1, 0.02};
            for (int step = 0; step < 8; step++) {
                List<float[]> gradients = new ArrayList<>();
                for (float[] start : starts) {
                    float[] gradient = new float[start.length];
                    for (int i = 0; i < gradient.length; i++) {
                        gradient[i] = (float) random.nextGaussian();
                    }
                    gradients.add(gradient);
                }
                give(scope, weights, gradients);
                double norm = norm(gradients);
                double limit = step % 2 == 0 ? norm / 3 : norm * 3;
                List<Group> groups =
                        List.of(new Group(weights.subList(0, 2), 0.1), new Group(weights.subList(2, 3), 0.02));
                assertEquals(norm, optimiser.step(groups, limit), 1e-5 * norm);
                for (int i = 0; i < starts.length; i++) {
                    twins.get(i).step(gradients.get(i), Math.min(1, limit / norm), rates[i]);
                    assertArrayEquals(
                            twins.get(i).numbers(),
                            weights.get(i).toFloatArray(),
                            1e-5f,
                            "step " + step + ", weight " + i);
                }
            }
        });
    }

    @Test
    void weightsOfEqualContentHaveMomentsOfTheirOwn() {
        onDevice((scope, optimiser) -> {
            List<PtNDArray> weights = List.of(weight(scope, 0, 0), weight(scope, 0, 0));
            Twin first = new Twin(new float[2]);
            Twin second = new Twin(new float[2]);
            List<float[]> gradients = List.of(new float[] {1, -2}, new float[] {0.1f, 5});
            for (int step = 0; step < 3; step++) {
                give(scope, weights, gradients);
                optimiser.step(List.of(new Group(weights, 0.1)), UNBOUNDED);
                first.step(gradients.get(0), 1, 0.1);
                second.step(gradients.get(1), 1, 0.1);
            }
            assertArrayEquals(first.numbers(), weights.get(0).toFloatArray(), 1e-5f);
            assertArrayEquals(second.numbers(), weights.get(1).toFloatArray(), 1e-5f);
        });
    }

    @Test
    void aWeightWithoutGradientStays() {
        onDevice((scope, optimiser) -> {
            PtNDArray moved = weight(scope, 1, 2);
            PtNDArray idle = weight(scope, 3, 4);
            give(scope, List.of(moved), List.of(new float[] {1, 1}));
            double norm = optimiser.step(List.of(new Group(List.of(moved, idle), 0.1)), UNBOUNDED);
            assertEquals(Math.sqrt(2), norm, 1e-6);
            assertArrayEquals(new float[] {0.9f, 1.9f}, moved.toFloatArray(), 1e-6f);
            assertArrayEquals(new float[] {3, 4}, idle.toFloatArray());
        });
    }

    @Test
    void aGroupOfRateZeroStaysAndDoesNotCountInTheNorm() {
        onDevice((scope, optimiser) -> {
            PtNDArray moved = weight(scope, 1);
            PtNDArray frozen = weight(scope, 3, 4);
            give(scope, List.of(moved, frozen), List.of(new float[] {2}, new float[] {7, 7}));
            double norm =
                    optimiser.step(List.of(new Group(List.of(moved), 0.1), new Group(List.of(frozen), 0)), UNBOUNDED);
            assertEquals(2, norm, 1e-6);
            assertArrayEquals(new float[] {0.9f}, moved.toFloatArray(), 1e-6f);
            assertArrayEquals(new float[] {3, 4}, frozen.toFloatArray());
        });
    }

    @Test
    void nothingToMoveHasTheNormZero() {
        onDevice((scope, optimiser) ->
                assertEquals(0, optimiser.step(List.of(new Group(List.of(weight(scope, 1)), 0.1)), UNBOUNDED)));
    }

    @Test
    void blendMovesEachAverageByItsShareOfTheDistance() {
        onDevice((scope, optimiser) -> {
            PtNDArray first = weight(scope, 1, 10);
            PtNDArray second = weight(scope, -4);
            optimiser.blend(List.of(first, second), List.of(weight(scope, 2, 20), weight(scope, 4)), 0.25);
            assertArrayEquals(new float[] {1.25f, 12.5f}, first.toFloatArray());
            assertArrayEquals(new float[] {-2}, second.toFloatArray());
        });
    }
}
