package dev.rehearse.networks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import java.util.List;
import java.util.Map;

/** The number type of matrix products. Weights, sums, norms and losses are always f32. */
public enum ComputeType {
    F32(6),
    BF16(15);

    private static final int SIZE = 768;
    private static final int REPETITIONS = 8;

    /** libtorch's ScalarType number. */
    private final int scalarType;

    ComputeType(int scalarType) {
        this.scalarType = scalarType;
    }

    int scalarType() {
        return scalarType;
    }

    /**
     * The types that the processor has instructions for, the faster one first: two products of the shape of a small
     * network's are timed, conversions included. Without instructions one product in bf16 can take seconds.
     */
    static List<ComputeType> ofProcessor(PtNDManager manager, Scripts scripts) {
        try (PtNDManager scope = (PtNDManager) manager.newSubManager();
                Script script = scripts.open("timing", "Timing", Map.of())) {
            NDArray square = scope.ones(new Shape(SIZE, SIZE));
            if (!knowsBf16(script, square)) {
                return List.of(F32);
            }
            product(script, square, F32);
            product(script, square, BF16);
            return product(script, square, BF16) < product(script, square, F32)
                    ? List.of(BF16, F32)
                    : List.of(F32, BF16);
        }
    }

    private static boolean knowsBf16(Script script, NDArray square) {
        try (IValue matrix = IValue.from((PtNDArray) square);
                IValue answer = script.infer("knows_bf16", matrix)) {
            return answer.toBoolean();
        }
    }

    private static long product(Script script, NDArray square, ComputeType type) {
        long begin = System.nanoTime();
        try (IValue matrix = IValue.from((PtNDArray) square);
                IValue number = IValue.from(type.scalarType);
                IValue repetitions = IValue.from(REPETITIONS)) {
            script.infer("product", matrix, number, repetitions).close();
        }
        return System.nanoTime() - begin;
    }
}
