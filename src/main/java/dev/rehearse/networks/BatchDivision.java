package dev.rehearse.networks;

import dev.rehearse.networks.Device.Priority;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;

/** How batches of one architecture's networks are divided over a device's lanes. Immutable. */
record BatchDivision(Device device, Architecture architecture) {
    /** Bytes that gradients of all lanes but the first may take; what else a lane holds is about as much again. */
    private static final long FURTHER_GRADIENTS = 256L << 20;

    /** How many parts of a batch are worked on at once. */
    int lanes() {
        return lanes(device.lanes(), architecture);
    }

    /** All there are; one where a gradient for each would take too much memory. */
    static int lanes(int all, Architecture architecture) {
        long further = (all - 1L) * Float.BYTES * architecture.parameters();
        return further <= FURTHER_GRADIENTS ? all : 1;
    }

    /** The batch's parts, those that are worked on at once together. */
    List<List<MicroBatch>> rounds(TokenBatch batch) {
        int tokens = MicroBatch.tokens(architecture, device.operationsPerPart());
        return MicroBatch.rounds(batch, tokens, architecture.reading(), lanes());
    }

    /** What one lane does with a part of a batch. */
    interface OnLane<T> {
        T work(int lane, MicroBatch part);
    }

    /**
     * Works through the batch, as many parts at once as there are {@link #lanes}, each round a piece of training for the
     * device; results are taken on the caller's thread in the parts' order.
     */
    <T> void each(TokenBatch batch, OnLane<T> onLane, BiConsumer<MicroBatch, T> take) {
        for (List<MicroBatch> round : rounds(batch)) {
            List<Callable<T>> calls = new ArrayList<>();
            for (int i = 0; i < round.size(); i++) {
                int lane = i;
                calls.add(() -> onLane.work(lane, round.get(lane)));
            }
            List<T> results = device.sideBySide(Priority.TRAINING, calls);
            for (int i = 0; i < round.size(); i++) {
                take.accept(round.get(i), results.get(i));
            }
        }
    }
}
