package dev.rehearse.networks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Central differences in f32 against backward, along two directions through all numbers of each weight, so that no number
 * goes unseen. On the device's thread.
 */
final class GradientCheck {
    private static final double LENGTH = 1e-2;
    private static final int DIRECTIONS = 2;

    private GradientCheck() {}

    /** The names of the weights that were checked: those of {@code names} that the loss reaches. */
    static Set<String> run(
            TorchNetwork network, Learning learning, TokenBatch batch, Objective objective, Predicate<String> names) {
        Map<String, float[]> gradients = gradients(network, learning, batch, objective);
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
        Check check = new Check(network, learning, batch, objective, random);
        gradients.keySet().removeIf(names.negate());
        gradients.forEach(check::run);
        return gradients.keySet();
    }

    static Map<String, float[]> gradients(
            TorchNetwork network, Learning learning, TokenBatch batch, Objective objective) {
        learning.begin();
        accumulate(learning, batch, objective);
        Map<String, float[]> gradients = new LinkedHashMap<>();
        for (String name : network.weights().names()) {
            PtNDArray weight = network.weights().select(name::equals).get(0);
            PtNDArray gradient = JniUtils.getGradient(weight);
            if (gradient != null) {
                gradients.put(name, gradient.toFloatArray());
            }
        }
        return gradients;
    }

    /** One loss as a function of every weight; the gradients it leaves behind are nobody's. */
    private record Check(
            TorchNetwork network, Learning learning, TokenBatch batch, Objective objective, RandomGenerator random) {
        void run(String name, float[] gradient) {
            float[] before = network.weights().numbers(name);
            for (int i = 0; i < DIRECTIONS; i++) {
                float[] direction = new float[gradient.length];
                double actual = 0;
                for (int k = 0; k < direction.length; k++) {
                    direction[k] = random.nextBoolean() ? 1 : -1;
                    actual += direction[k] * gradient[k];
                }
                float step = (float) (LENGTH / Math.sqrt(direction.length));
                double up = moved(name, before, direction, step);
                double down = moved(name, before, direction, -step);
                double expected = (up - down) / (2 * step);
                assertEquals(expected, actual, 2e-3 + 0.02 * Math.abs(expected), name + " along direction " + i);
            }
            network.weights().set(name, before);
        }

        private double moved(String name, float[] before, float[] direction, float by) {
            float[] numbers = before.clone();
            for (int k = 0; k < numbers.length; k++) {
                numbers[k] += by * direction[k];
            }
            network.weights().set(name, numbers);
            return accumulate(learning, batch, objective);
        }
    }

    /** Adds to the gradient; returns the loss. */
    private static double accumulate(Learning learning, TokenBatch batch, Objective objective) {
        Learning.Added added = learning.accumulate(0, new MicroBatch(0, batch), objective, batch.actionCount());
        return added.sums().fit(0, added.readings()).loss();
    }
}
