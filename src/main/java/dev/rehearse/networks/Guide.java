package dev.rehearse.networks;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import dev.rehearse.networks.Decoding.Values;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Q heads of one network, where it has any, at work on what its script says. Confined to the device's thread. */
final class Guide implements AutoCloseable {
    private final TorchNetwork network;
    private final @Nullable Script script;

    Guide(TorchNetwork network) {
        this.network = network;
        Heads heads = network.heads();
        Map<String, Object> attributes = Map.of("estimates", heads.kind().label(), "support_mask", heads.supportMask());
        script = heads.kind().hasQ() ? network.device().scripts().open("guidance", "Guidance", attributes) : null;
    }

    /**
     * What a token is chosen by.
     *
     * @param logits (N, V)
     * @param q (N, V) null where there are no Q heads
     * @param values (N) V
     */
    record Guided(PtNDArray logits, @Nullable PtNDArray q, float[] values) {
        private static final float[] NONE = {};
    }

    /**
     * @param ahead the network's logits (N, V) and states (N, D)
     * @param beta (N) each row's own, NaN for the network's; empty for the network's in all
     */
    Guided guide(PtNDManager scope, PtNDArray[] ahead, float[] beta) {
        Script guidance = script;
        if (guidance == null) {
            return new Guided(ahead[0], null, Guided.NONE);
        }
        try (IValue logits = IValue.from(ahead[0]);
                IValue hidden = IValue.from(ahead[1]);
                IValue strength = IValue.from((PtNDArray)
                        scope.create(strength(beta, (int) ahead[0].getShape().get(0))));
                IValue guided = guidance.infer("guide", network.generationWeights(), logits, hidden, strength)) {
            PtNDArray[] parts = guided.toTensorArray(scope);
            return new Guided(parts[0], parts[1], parts[2].toFloatArray());
        }
    }

    private float[] strength(float[] beta, int rows) {
        float own = (float) network.heads().decodeBeta();
        float[] strength = new float[rows];
        Arrays.fill(strength, own);
        for (int row = 0; row < beta.length; row++) {
            strength[row] = Float.isNaN(beta[row]) ? own : beta[row];
        }
        return strength;
    }

    /** Q and V of the tokens (N) that were chosen; none where there are no Q heads. */
    Values values(PtNDManager scope, Guided guided, PtNDArray tokens) {
        Script guidance = script;
        PtNDArray q = guided.q();
        if (guidance == null || q == null) {
            return Values.NONE;
        }
        try (IValue all = IValue.from(q);
                IValue chosen = IValue.from(tokens);
                IValue own = guidance.infer("chosen", all, chosen)) {
            return new Values(own.toTensor(scope).toFloatArray(), guided.values());
        }
    }

    @Override
    public void close() {
        if (script != null) {
            script.close();
        }
    }
}
