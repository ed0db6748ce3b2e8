package dev.rehearse.networks;

import com.google.gson.JsonObject;
import java.nio.file.Path;

/**
 * A policy π and its state values V, as learning and generation see them: arrays in, arrays out.
 *
 * <p>Implementations are thread-safe; calls that change weights ({@link #fit}, {@link #blend}) must come from one
 * thread at a time.
 */
public interface QNetwork extends AutoCloseable {
    Architecture architecture();

    /** What the network says of the batch's actions; records no gradient. */
    Readings read(TokenBatch batch);

    /** One update towards the objective. */
    Fit fit(TokenBatch batch, Objective objective, LearningRates rates);

    /** {@code this += share · (other − this)} for every weight; 1 copies. Both have the same architecture. */
    void blend(QNetwork other, double share);

    /** An independent network of equal weights, without optimiser state. */
    QNetwork copy();

    /** Sets the last layer of V to zero weights and the given bias. */
    void resetValue(double bias);

    /**
     * Decoding state for many sequences.
     *
     * @param slots sequences at once
     * @param capacity most tokens of one sequence, at most the context
     */
    Decoding decoding(int slots, int capacity, Device.Priority priority);

    /** The {@code config.json} that belongs to what {@link #save} writes. */
    default JsonObject config(int endId) {
        return architecture().toConfig(endId);
    }

    /** Writes {@code model.safetensors} and {@code value_head.safetensors} into an existing directory. */
    void save(Path directory);

    @Override
    void close();
}
