package dev.rehearse.networks;

import dev.rehearse.networks.Llama.Attention;
import dev.rehearse.networks.Llama.Biases;
import dev.rehearse.networks.Llama.Family;
import dev.rehearse.networks.Llama.Rope;

/** Unusual members of Llama's family, made small. */
final class Llamas {
    private Llamas() {}

    /** Biases on queries, keys and values, heads that are wider than their share, an output matrix of its own. */
    static Llama qwen2(int vocabularySize, int contextLength) {
        Attention attention = new Attention(4, 1, 6, Rope.plain(1_000), Biases.INPUTS);
        return new Llama(Family.QWEN2, vocabularySize, contextLength, 8, 20, 2, attention, 1e-6, false, false);
    }

    /** So wide that generation keeps its weights in blocks. */
    static Llama wideQwen2(int vocabularySize, int contextLength) {
        Attention attention = new Attention(4, 4, 64, Rope.plain(1_000), Biases.INPUTS);
        return new Llama(Family.QWEN2, vocabularySize, contextLength, 256, 640, 2, attention, 1e-6, false, false);
    }

    /** Llama 3's scaling, in a context so small that waves of all three kinds occur; every bias there can be. */
    static Llama llama3(int vocabularySize, int contextLength) {
        Attention attention = new Attention(4, 2, 8, new Rope(500, 8, 1, 4, 64), Biases.ALL);
        return new Llama(Family.LLAMA, vocabularySize, contextLength, 24, 32, 2, attention, 1e-5, true, true);
    }
}
