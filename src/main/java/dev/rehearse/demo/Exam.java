package dev.rehearse.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Asks a model for every held-out word over {@code /v1/chat/completions}, many at once. Confined to one thread. */
final class Exam {
    /** Keeps the seeds of words apart: with one seed for all, all words would draw the same numbers. */
    private static final long SEEDS_APART = 1_000_003;

    private final Client client;
    private final Terminal terminal;
    private final DemoSettings settings;
    private final List<Word> words;

    Exam(Client client, Terminal terminal, DemoSettings settings, List<Word> words) {
        this.client = client;
        this.terminal = terminal;
        this.settings = settings;
        this.words = words;
    }

    /** Greedy once, and sampled at temperature 1 once per seed; the same words and seeds give the same replies. */
    Scores take(String model) throws InterruptedException {
        List<Graded> greedy = ask(model, 0, 0);
        List<List<Graded>> sampled = new ArrayList<>();
        for (long seed : settings.seeds()) {
            sampled.add(ask(model, 1, seed));
        }
        return new Scores(greedy, sampled);
    }

    private List<Graded> ask(String model, int temperature, long seed) throws InterruptedException {
        Semaphore places = new Semaphore(settings.inFlight());
        AtomicBoolean failed = new AtomicBoolean();
        List<CompletableFuture<Graded>> replies = new ArrayList<>();
        for (int i = 0; i < words.size() && !failed.get(); i++) {
            places.acquire();
            Word word = words.get(i);
            ObjectNode request = request(model, word, temperature, seed * SEEDS_APART + i);
            replies.add(client.postAsync("/v1/chat/completions", request)
                    .thenApply(answer -> word.grade(content(answer)))
                    .whenComplete((reply, failure) -> {
                        failed.compareAndSet(false, failure != null);
                        places.release();
                    }));
            terminal.status(String.format("evaluation    %d of %d words", i + 1, words.size()));
        }
        return replies.stream().map(Exam::finished).toList();
    }

    private ObjectNode request(String model, Word word, int temperature, long seed) {
        ObjectNode request = JsonNodeFactory.instance.objectNode();
        request.put("model", model)
                .put("temperature", temperature)
                .put("seed", seed)
                .put("max_tokens", settings.maxTokens())
                .set("messages", word.messages());
        return request;
    }

    private static String content(JsonNode answer) {
        return answer.path("choices").path(0).path("message").path("content").asString("");
    }

    private static Graded finished(CompletableFuture<Graded> reply) {
        try {
            return reply.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof DemoFailure failure ? failure : e;
        }
    }
}
