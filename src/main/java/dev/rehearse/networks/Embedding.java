package dev.rehearse.networks;

import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import dev.rehearse.networks.Device.Priority;
import java.util.Arrays;

/** Pooled hidden states of one network, piece by piece, as {@link QNetwork#embed} says. Thread-safe. */
record Embedding(TorchNetwork network) {
    float[][] of(int[][] sequences) {
        Architecture architecture = network.architecture();
        int context = architecture.contextLength();
        for (int[] sequence : sequences) {
            if (sequence.length < 1 || sequence.length > context) {
                throw new IllegalArgumentException(
                        "a sequence of " + sequence.length + " tokens; allowed: 1 to " + context);
            }
        }
        float[][] means = new float[sequences.length][];
        TokenBatch batch = new TokenBatch(sequences, new int[sequences.length][0]);
        int tokens = MicroBatch.tokens(architecture, network.device().operationsPerPart());
        for (MicroBatch part : MicroBatch.split(batch, tokens, architecture.reading())) {
            float[][] of = network.device().call(Priority.SERVING, () -> means(part.batch()));
            System.arraycopy(of, 0, means, part.first(), of.length);
        }
        return means;
    }

    /** On the device's thread. */
    private float[][] means(TokenBatch batch) {
        long[] lengths =
                Arrays.stream(batch.tokens()).mapToLong(tokens -> tokens.length).toArray();
        try (PtNDManager scope = (PtNDManager) network.device().manager().newSubManager();
                IValue ids = IValue.from((PtNDArray) Rows.padded(
                        scope, batch.tokens(), network.architecture().contextLength()));
                IValue counts = IValue.from((PtNDArray) scope.create(lengths, new Shape(lengths.length)));
                IValue means = network.script().infer("embed", network.generationWeights(), ids, counts)) {
            return Reshape.rows(means.toTensor(scope).toFloatArray(), lengths.length);
        }
    }
}
