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
                check(network, batch, objective, name, gradient);
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

    private static void check(
            TorchNetwork network, TokenBatch batch, Objective objective, String name, float[] gradient) {
        for (int i = 0; i < gradient.length; i += Math.max(1, gradient.length / 5)) {
            double above = moved(network, batch, objective, new At(name, i, STEP));
            double below = moved(network, batch, objective, new At(name, i, -STEP));
            double expected = (above - below) / (2 * STEP);
            assertEquals(expected, gradient[i], 2e-3 + 0.02 * Math.abs(expected), name + "[" + i + "]");
        }
    }

    private record At(String name, int index, float by) {}

    private static double moved(TorchNetwork network, TokenBatch batch, Objective objective, At at) {
        float[] numbers = network.weights().numbers(at.name());
        float before = numbers[at.index()];
        numbers[at.index()] = before + at.by();
        network.weights().set(at.name(), numbers);
        Learning learning = new Learning(network);
        FitTotals totals = accumulate(learning, batch, objective);
        learning.close();
        numbers[at.index()] = before;
        network.weights().set(at.name(), numbers);
        return totals.fit(0).loss();
    }

    private static FitTotals accumulate(Learning learning, TokenBatch batch, Objective objective) {
        FitTotals totals = new FitTotals(batch);
        learning.accumulate(new MicroBatch(0, batch), objective, totals);
        return totals;
    }
}
