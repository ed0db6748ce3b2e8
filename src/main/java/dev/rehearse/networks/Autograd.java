package dev.rehearse.networks;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.List;
import java.util.function.Supplier;

/**
 * The only code that records gradients or runs backward.
 *
 * <p>DJL's own collector exists once per process (a second one throws), so two jobs could not train; gradient mode
 * itself belongs to a thread: the device's or a lane's.
 */
final class Autograd {
    private Autograd() {}

    /** A scalar, and what else was seen on the way to it. */
    record Loss<T>(NDArray scalar, T seen) {}

    /** Adds the gradient of a loss to the gradients of every tracked weight it depends on. */
    static <T> T differentiate(Supplier<Loss<T>> forward) {
        JniUtils.setGradMode(true);
        try {
            Loss<T> loss = forward.get();
            try (NDArray scalar = loss.scalar();
                    NDArray one = scalar.getManager().ones(scalar.getShape())) {
                JniUtils.backward((PtNDArray) scalar, (PtNDArray) one, false, false);
            }
            return loss.seen();
        } finally {
            JniUtils.setGradMode(false);
        }
    }

    static void track(List<PtNDArray> weights) {
        weights.forEach(weight -> JniUtils.attachGradient(weight, true));
    }

    /** Sets the gradients to zero; a weight that took part in nothing since has none and is left alone. */
    static void clear(List<PtNDArray> weights) {
        for (PtNDArray weight : weights) {
            JniUtils.zeroGrad(weight);
        }
    }
}
