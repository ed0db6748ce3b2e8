package dev.rehearse.text;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.allminilml6v2q.AllMiniLmL6V2QuantizedEmbeddingModel;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.output.TokenUsage;
import java.util.concurrent.CompletableFuture;

/**
 * The meaning of a text as 384 numbers of length 1, by all-MiniLM-L6-v2 with 8-bit weights (Wang et al., "MiniLM", 2020;
 * sbert.net), which comes in a jar and runs in ONNX Runtime on the CPU. Texts longer than 510 tokens are embedded in pieces
 * that are averaged. Loaded by the first call. Thread-safe.
 */
public final class SentenceEncoder {
    /** The name that others know the model by. */
    public static final String MODEL = "all-MiniLM-L6-v2";

    private static final int WIDTH = 384;
    private static final long LOADING_STACK_BYTES = 512L << 20;

    private SentenceEncoder() {}

    private static final class Loaded {
        private static final EmbeddingModel ENCODER = load();
    }

    /**
     * ONNX Runtime matches the process's command line with a regular expression that recurs once per character when it
     * starts; a class path of some kilobytes there overflows a usual stack and kills the process.
     */
    private static EmbeddingModel load() {
        CompletableFuture<EmbeddingModel> made = new CompletableFuture<>();
        Runnable making = () -> made.completeAsync(AllMiniLmL6V2QuantizedEmbeddingModel::new, Runnable::run);
        new Thread(null, making, "sentence-encoder", LOADING_STACK_BYTES).start();
        return made.join();
    }

    /**
     * A text's meaning.
     *
     * @param vector (384), zeros for a text without any letter or sign
     * @param tokens that were read
     */
    public record Embedded(float[] vector, int tokens) {}

    /** @return (384), zeros for a text without any letter or sign */
    public static float[] embed(String text) {
        return encode(text).vector();
    }

    /** The same, with the number of tokens. */
    public static Embedded encode(String text) {
        if (text.isBlank()) {
            return new Embedded(new float[WIDTH], 0);
        }
        Response<Embedding> response = Loaded.ENCODER.embed(text);
        TokenUsage usage = response.tokenUsage();
        return new Embedded(response.content().vector(), usage == null ? 0 : usage.inputTokenCount());
    }
}
