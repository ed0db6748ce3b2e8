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

    /**
     * What each state is worth by a double estimate: Q of this network at the supported action that {@code chooser} likes
     * best. Both have Q heads; records no gradient.
     *
     * @return (B, A_b + 1), the states of {@link Readings#values}
     */
    float[][] bestValues(TokenBatch batch, QNetwork chooser, Support support);

    /**
     * What the network makes of whole texts: the mean of the hidden states of a sequence's tokens, of a network with an
     * encoder that of the encoder's. Records no gradient.
     *
     * @param sequences (B, T_b) token ids, 1 to the context's length of them
     * @return (B, D), not of unit length
     * @throws IllegalArgumentException when a sequence is empty or too long
     */
    float[][] embed(int[][] sequences);

    /** One update towards the objective. */
    Fit fit(TokenBatch batch, Objective objective, LearningRates rates);

    /** {@code this += share · (other − this)} for every weight; 1 copies. Both have the same architecture. */
    void blend(QNetwork other, double share);

    /** An independent network of equal weights, without optimiser state. */
    QNetwork copy();

    /** Sets V and Q to this number in every state: zero weights and biases in their last layers, but for V's bias. */
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

    /** Writes {@code model.safetensors}, {@code value_head.safetensors} and {@code value_head.json} into a directory. */
    void save(Path directory);

    @Override
    void close();
}
