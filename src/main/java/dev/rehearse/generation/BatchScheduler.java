package dev.rehearse.generation;

import dev.rehearse.networks.Decoding;
import dev.rehearse.networks.Decoding.Choice;
import dev.rehearse.networks.Decoding.Choosing;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.QNetwork;
import dev.rehearse.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Generates many replies at once with one network, joining and leaving at any step (continuous batching: Yu et al. 2022,
 * "Orca", section 4.1). Thread-safe; one thread of its own drives the steps.
 */
public final class BatchScheduler implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(BatchScheduler.class);
    private static final String UNLOADING = "the model is being unloaded";

    private final QNetwork network;
    private final Decoding decoding;
    private final Tokenizer tokenizer;
    private final int[] endTokens;
    private final LongSupplier nanoTime;
    private final RequestQueue queue;
    private final @Nullable ActiveReply[] slots;
    private final Thread thread;
    private boolean closed;

    /** A request under way. */
    public interface Ticket {
        /**
         * Frees the request's slot before the next step; no call of its listener follows, except one that has begun.
         * Idempotent.
         */
        void cancel();
    }

    /**
     * @param slots replies that grow at once
     * @param mostQueuedTokens bound of the queue, in tokens of prompts and replies that wait
     */
    public record Limits(int slots, int capacity, long mostQueuedTokens) {}

    /**
     * Starts the scheduler's thread.
     *
     * @param network owned from now on: closed with the scheduler, and when this constructor throws
     * @param tokenizer used, not closed
     * @param endTokens tokens that end a reply and are no text
     */
    public BatchScheduler(
            QNetwork network, Tokenizer tokenizer, int[] endTokens, Limits limits, LongSupplier nanoTime) {
        this.network = network;
        this.tokenizer = tokenizer;
        this.endTokens = endTokens.clone();
        queue = new RequestQueue(limits.mostQueuedTokens());
        this.nanoTime = nanoTime;
        decoding = decodingOf(network, limits);
        slots = new @Nullable ActiveReply[limits.slots()];
        thread = new Thread(this::run, "batch-scheduler");
        thread.setDaemon(true);
        thread.start();
    }

    private static Decoding decodingOf(QNetwork network, Limits limits) {
        try {
            return network.decoding(limits.slots(), limits.capacity(), Device.Priority.SERVING);
        } catch (RuntimeException | Error e) {
            network.close();
            throw e;
        }
    }

    /**
     * Queues a request; its listener hears the rest.
     *
     * @throws IllegalArgumentException when prompt and maxTokens together exceed the context, or a token is not in the
     *     network's vocabulary
     * @throws QueueFullException when the queue's bound is reached
     * @throws IllegalStateException when the scheduler is closed
     */
    public Ticket submit(GenerationRequest request, GenerationListener listener) {
        ActiveReply reply = new ActiveReply(request, listener, tokenizer);
        if (reply.tokenBudget() > decoding.capacity()) {
            throw new IllegalArgumentException(
                    reply.tokenBudget() + " tokens of prompt and reply; the context holds " + decoding.capacity());
        }
        checkVocabulary("the prompt's token ", IntStream.of(request.prompt()));
        checkVocabulary(
                "the biased token ",
                request.penalties().bias().keySet().stream().mapToInt(Integer::intValue));
        synchronized (queue) {
            if (closed) {
                throw new IllegalStateException(UNLOADING);
            }
            queue.add(reply);
            queue.notifyAll();
        }
        return reply;
    }

    /** In the network it would fail the whole batch. */
    private void checkVocabulary(String what, IntStream ids) {
        int vocabulary = network.architecture().vocabularySize();
        ids.filter(id -> id < 0 || id >= vocabulary).findFirst().ifPresent(id -> {
            throw new IllegalArgumentException(what + id + " is unknown; allowed: 0 to " + (vocabulary - 1));
        });
    }

    private void run() {
        while (true) {
            List<Integer> admitted = admit();
            if (isClosed()) {
                failAll(new IllegalStateException(UNLOADING));
                return;
            }
            try {
                step(admitted);
            } catch (RuntimeException | Error e) {
                failAll(unchecked(e));
            }
        }
    }

    private boolean isClosed() {
        synchronized (queue) {
            return closed;
        }
    }

    /** Gives waiting requests the free slots; waits while there is nothing to do. */
    private List<Integer> admit() {
        List<Integer> admitted = new ArrayList<>();
        synchronized (queue) {
            freeCancelled();
            queue.dropCancelled();
            while (queue.isEmpty() && rows() == 0 && !closed) {
                try {
                    queue.wait();
                } catch (InterruptedException e) {
                    closed = true;
                }
                queue.dropCancelled();
            }
            for (int slot = 0; slot < slots.length; slot++) {
                if (slots[slot] == null && !queue.isEmpty()) {
                    slots[slot] = queue.remove();
                    admitted.add(slot);
                }
            }
        }
        return admitted;
    }

    private void freeCancelled() {
        for (int slot = 0; slot < slots.length; slot++) {
            ActiveReply reply = slots[slot];
            if (reply != null && reply.isCancelled()) {
                slots[slot] = null;
            }
        }
    }

    /** Slots up to the last one in use. */
    private int rows() {
        for (int slot = slots.length; slot > 0; slot--) {
            if (slots[slot - 1] != null) {
                return slot;
            }
        }
        return 0;
    }

    private void step(List<Integer> admitted) {
        long begin = nanoTime.getAsLong();
        int tokens = admitted.isEmpty() ? decode() : prefill(admitted);
        double seconds = Math.max(1e-6, (nanoTime.getAsLong() - begin) / 1e9);
        synchronized (queue) {
            queue.measured(tokens / seconds);
        }
    }

    private int prefill(List<Integer> admitted) {
        List<ActiveReply> replies = admitted.stream().map(this::reply).toList();
        int[][] prompts =
                replies.stream().map(reply -> reply.request().prompt()).toArray(int[][]::new);
        int[] into = admitted.stream().mapToInt(Integer::intValue).toArray();
        Choice choice = decoding.prefill(into, prompts, choosing(replies));
        for (int row = 0; row < into.length; row++) {
            take(into[row], choice, row);
        }
        return into.length;
    }

    private ActiveReply reply(int slot) {
        ActiveReply reply = slots[slot];
        if (reply == null) {
            throw new IllegalStateException("slot " + slot + " is free");
        }
        return reply;
    }

    private int decode() {
        int rows = rows();
        int[] tokens = new int[rows];
        int[] positions = new int[rows];
        List<@Nullable ActiveReply> replies = new ArrayList<>(rows);
        for (int slot = 0; slot < rows; slot++) {
            ActiveReply reply = slots[slot];
            replies.add(reply);
            // A free slot between used ones is decoded, too; what it computes is overwritten by the next prompt.
            tokens[slot] = reply == null ? 0 : reply.lastToken();
            positions[slot] = reply == null ? 0 : reply.lastPosition();
        }
        Choice choice = decoding.decode(tokens, positions, choosing(replies));
        int taken = 0;
        for (int slot = 0; slot < rows; slot++) {
            if (slots[slot] != null) {
                take(slot, choice, slot);
                taken++;
            }
        }
        return taken;
    }

    private void take(int slot, Choice choice, int row) {
        ActiveReply reply = reply(slot);
        try {
            if (reply.accept(choice, row, endTokens)) {
                slots[slot] = null;
            }
        } catch (RuntimeException | Error e) {
            // A listener that throws loses its own reply, nobody else's.
            slots[slot] = null;
            log.warn("a listener failed; its reply is dropped", e);
            fail(reply, unchecked(e));
        }
    }

    private static void fail(ActiveReply reply, RuntimeException cause) {
        try {
            reply.fail(cause);
        } catch (RuntimeException | Error e) {
            log.warn("a listener failed when told of a failure", e);
        }
    }

    private static RuntimeException unchecked(Throwable thrown) {
        return thrown instanceof RuntimeException exception
                ? exception
                : new IllegalStateException("generation failed", thrown);
    }

    private Choosing choosing(List<? extends @Nullable ActiveReply> replies) {
        int rows = replies.size();
        float[] temperature = new float[rows];
        int[] topK = new int[rows];
        float[] topP = new float[rows];
        float[] uniform = new float[rows];
        int vocabulary = network.architecture().vocabularySize();
        int alternatives = 0;
        Map<Integer, TokenCounts> counts = new TreeMap<>();
        for (int row = 0; row < rows; row++) {
            topP[row] = 1;
            ActiveReply reply = replies.get(row);
            if (reply == null) {
                continue;
            }
            counts.put(row, reply.counts());
            alternatives =
                    Math.max(alternatives, Math.min(vocabulary, reply.request().topLogProbs()));
            if (reply.request().sampler() instanceof Sampler.Boltzmann boltzmann) {
                temperature[row] = (float) boltzmann.temperature();
                topK[row] = boltzmann.topK();
                topP[row] = (float) boltzmann.topP();
                uniform[row] = reply.uniform();
            }
        }
        return new Choosing.Each(temperature, topK, topP, uniform, alternatives, TokenCounts.edits(counts));
    }

    private void failAll(RuntimeException cause) {
        for (int slot = 0; slot < slots.length; slot++) {
            ActiveReply reply = slots[slot];
            slots[slot] = null;
            if (reply != null) {
                fail(reply, cause);
            }
        }
    }

    /** Fails what is still under way and frees the cache and the network. */
    @Override
    public void close() {
        List<ActiveReply> waiting;
        synchronized (queue) {
            closed = true;
            waiting = queue.removeAll();
            queue.notifyAll();
        }
        IllegalStateException cause = new IllegalStateException(UNLOADING);
        waiting.forEach(reply -> fail(reply, cause));
        awaitEnd();
        try {
            decoding.close();
        } finally {
            network.close();
        }
    }

    private void awaitEnd() {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
