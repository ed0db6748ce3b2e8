package dev.rehearse.text;

import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.allminilml6v2q.AllMiniLmL6V2QuantizedEmbeddingModel;

/**
 * The meaning of a text as 384 numbers of length 1, by all-MiniLM-L6-v2 with 8-bit weights (Wang et al., "MiniLM", 2020;
 * sbert.net), which comes in a jar and runs in ONNX Runtime on the CPU. Texts longer than 510 tokens are embedded in pieces
 * that are averaged. Loaded by the first call. Thread-safe.
 */
public final class SentenceEncoder {
    private SentenceEncoder() {}

    private static final class Loaded {
        private static final EmbeddingModel MODEL = new AllMiniLmL6V2QuantizedEmbeddingModel();
    }

    /** @return (384), zeros for a text without any letter or sign */
    public static float[] embed(String text) {
        return text.isBlank()
                ? new float[384]
                : Loaded.MODEL.embed(text).content().vector();
    }
}
