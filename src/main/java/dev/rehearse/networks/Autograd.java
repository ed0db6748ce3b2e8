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
 * itself belongs to a thread. Confined to the device's thread.
 */
final class Autograd {
    private Autograd() {}

    /** Adds the gradient of a scalar loss to the gradients of every tracked weight it depends on. */
    static void differentiate(Supplier<NDArray> loss) {
        JniUtils.setGradMode(true);
        try (NDArray scalar = loss.get();
                NDArray one = scalar.getManager().ones(scalar.getShape())) {
            JniUtils.backward((PtNDArray) scalar, (PtNDArray) one, false, false);
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
