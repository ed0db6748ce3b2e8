package dev.rehearse.networks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/** Central differences in f32 against backward, for a few numbers of every weight. On the device's thread. */
final class GradientCheck {
    private static final float STEP = 1e-2f;

    private GradientCheck() {}

    static void run(
            TorchNetwork network, Learning learning, TokenBatch batch, Objective objective, Predicate<String> names) {
        Map<String, float[]> gradients = gradients(network, learning, batch, objective);
        gradients.forEach((name, gradient) -> {
            if (names.test(name)) {
                new Check(network, learning, batch, objective).run(name, gradient);
            }
        });
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
    private record Check(TorchNetwork network, Learning learning, TokenBatch batch, Objective objective) {
        void run(String name, float[] gradient) {
            for (int i = 0; i < gradient.length; i += Math.max(1, gradient.length / 5)) {
                double expected = (moved(name, i, STEP) - moved(name, i, -STEP)) / (2 * STEP);
                assertEquals(expected, gradient[i], 2e-3 + 0.02 * Math.abs(expected), name + "[" + i + "]");
            }
        }

        private double moved(String name, int index, float by) {
            float[] numbers = network.weights().numbers(name);
            float before = numbers[index];
            numbers[index] = before + by;
            network.weights().set(name, numbers);
            double loss = accumulate(learning, batch, objective).fit(0).loss();
            numbers[index] = before;
            network.weights().set(name, numbers);
            return loss;
        }
    }

    private static FitTotals accumulate(Learning learning, TokenBatch batch, Objective objective) {
        FitTotals totals = new FitTotals(batch);
        learning.accumulate(new MicroBatch(0, batch), objective, totals);
        return totals;
    }
}
