package dev.rehearse.completions;

import dev.rehearse.models.Lease;
import dev.rehearse.models.LoadedModel;
import dev.rehearse.models.ModelCache;
import dev.rehearse.text.SentenceEncoder;
import dev.rehearse.web.ApiException;
import dev.rehearse.web.ClientConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.IntFunction;
import org.springframework.stereotype.Component;

/**
 * Vectors of texts, one text at a time, so that a vector has the same bits whatever it is asked together with. Waits for
 * each; a client that leaves or a time that is up ends it after the text being read. Thread-safe.
 */
@Component
final class Embeddings {
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final ModelCache models;
    private final CompletionsProperties settings;
    private final Semaphore free;

    Embeddings(ModelCache models, CompletionsProperties settings) {
        this.models = models;
        this.settings = settings;
        free = new Semaphore(settings.maxEmbeddings());
    }

    /**
     * One of them.
     *
     * @param numbers of length 1 together
     * @param tokens of the text
     */
    record Vector(float[] numbers, int tokens) {}

    /** @throws ApiException 400 naming the input that cannot be read; 404, 429, 503 */
    List<Vector> of(EmbeddingRequest request, ClientConnection client) {
        if (!free.tryAcquire()) {
            throw ApiException.busy(
                    "queue_full",
                    settings.maxEmbeddings() + " requests for embeddings are being answered, the most allowed",
                    RETRY);
        }
        try {
            if (request.model().equals(SentenceEncoder.MODEL)) {
                return each(request, client, i -> sentence(request.inputs().get(i)));
            }
            try (Lease lease = models.lease(request.model())) {
                List<int[]> tokens = encoded(request.inputs(), lease.loaded());
                return each(request, client, i -> state(lease.loaded(), tokens.get(i)));
            }
        } finally {
            free.release();
        }
    }

    private List<Vector> each(EmbeddingRequest request, ClientConnection client, IntFunction<Vector> embed) {
        long deadline = System.nanoTime() + settings.timeout().toNanos();
        List<Vector> vectors = new ArrayList<>();
        for (int i = 0; i < request.inputs().size(); i++) {
            if (client.isGone() || System.nanoTime() - deadline > 0) {
                throw ReplyDelivery.tooLong(settings.timeout());
            }
            Vector whole = embed.apply(i);
            vectors.add(new Vector(shortened(whole.numbers(), request), whole.tokens()));
        }
        return vectors;
    }

    private static Vector sentence(Prompt input) {
        if (!(input instanceof Prompt.Text text)) {
            throw Fields.unsupported("input", SentenceEncoder.MODEL + " takes texts, not tokens");
        }
        if (text.text().isBlank()) {
            throw Fields.outOfRange("input", "a blank text", "at least one letter or sign");
        }
        try {
            SentenceEncoder.Embedded embedded = SentenceEncoder.encode(text.text());
            return new Vector(embedded.vector(), embedded.tokens());
        } catch (
                LinkageError e) { // its native library cannot be loaded, for instance without a writable java.io.tmpdir
            throw ApiException.unavailable("model_not_ready", "The embedding model cannot be loaded: " + e, RETRY);
        }
    }

    private static Vector state(LoadedModel model, int[] tokens) {
        return new Vector(model.embed(tokens), tokens.length);
    }

    /** All of them first: a late one that does not fit must not have cost the others' time. */
    private static List<int[]> encoded(List<Prompt> inputs, LoadedModel model) {
        List<int[]> all = new ArrayList<>();
        for (Prompt input : inputs) {
            int[] tokens = Planner.encode(input, "input", model);
            if (tokens.length > model.contextLength()) {
                throw ApiException.invalid(
                        "context_length_exceeded",
                        "input",
                        "This model's maximum context length is " + model.contextLength()
                                + " tokens. However, your input resulted in " + tokens.length
                                + " tokens. Please reduce the length of the input.");
            }
            all.add(tokens);
        }
        return all;
    }

    private static float[] shortened(float[] vector, EmbeddingRequest request) {
        Integer wanted = request.dimensions();
        if (wanted != null && wanted > vector.length) {
            throw Fields.outOfRange("dimensions", wanted, "at most " + vector.length + " for this model");
        }
        return unit(wanted == null ? vector.clone() : Arrays.copyOf(vector, wanted));
    }

    private static float[] unit(float[] vector) {
        double square = 0;
        for (float number : vector) {
            square += (double) number * number;
        }
        double length = Math.sqrt(square);
        for (int i = 0; length > 0 && i < vector.length; i++) {
            vector[i] = (float) (vector[i] / length);
        }
        return vector;
    }
}
