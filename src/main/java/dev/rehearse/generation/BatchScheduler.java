package dev.rehearse.generation;

import dev.rehearse.networks.Decoding;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.QNetwork;
import dev.rehearse.text.Tokenizer;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * Generates many replies at once with one network, joining and leaving at any step (continuous batching: Yu et al. 2022,
 * "Orca", section 4.1). Thread-safe; one thread of its own drives the steps.
 */
public final class BatchScheduler implements AutoCloseable {
    private static final String UNLOADING = "the model is being unloaded";

    private final QNetwork network;
    private final Decoding decoding;
    private final Tokenizer tokenizer;
    private final LongSupplier nanoTime;
    private final RequestQueue queue;
    private final BatchSteps steps;
    private final Thread thread;
    /** Written by the thread. */
    private volatile BatchSteps.Running running = new BatchSteps.Running(0, 0);

    private boolean closed;

    /** A request under way. */
    public interface Ticket {
        /**
         * Frees the request's slot before the next step that has not begun; no call of its listener follows, except one
         * that has begun. Idempotent.
         */
        void cancel();
    }

    /**
     * @param slots replies that grow at once
     * @param mostQueuedTokens bound of the queue, in tokens of prompts and replies that wait
     * @param mostPromptTokens tokens of prompts read between two steps of growing replies
     */
    public record Limits(int slots, int capacity, long mostQueuedTokens, int mostPromptTokens) {}

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
        queue = new RequestQueue(limits.mostQueuedTokens());
        this.nanoTime = nanoTime;
        decoding = decodingOf(network, limits);
        steps = new BatchSteps(decoding, network.architecture().vocabularySize(), endTokens.clone(), limits);
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

    /** Whether these could ever be under way together: as many as there are slots, and the others waiting. */
    public boolean canHold(List<GenerationRequest> requests) {
        return queue.couldTake(requests.stream().skip(decoding.slots()).toList());
    }

    /**
     * Queues a request; its listener hears the rest.
     *
     * @throws IllegalArgumentException when prompt and maxTokens together exceed the context, a token is not in the
     *     network's vocabulary, or the prompt is to be scored and cannot be
     * @throws QueueFullException when the queue's bound is reached
     * @throws IllegalStateException when the scheduler is closed
     */
    public Ticket submit(GenerationRequest request, GenerationListener listener) {
        ActiveReply reply = new ActiveReply(request, listener, tokenizer);
        if (reply.request().tokenBudget() > decoding.capacity()) {
            throw new IllegalArgumentException(reply.request().tokenBudget()
                    + " tokens of prompt and reply; the context holds " + decoding.capacity());
        }
        if (request.report().has(Report.Part.PROMPT) && !scoresPrompts()) {
            throw new IllegalArgumentException(
                    "a report of the prompt; allowed: of the reply, as an encoder reads prompts");
        }
        checkVocabulary("the prompt's token ", IntStream.of(request.prompt()));
        checkVocabulary(
                "the biased token ",
                request.steering().penalties().bias().keySet().stream().mapToInt(Integer::intValue));
        synchronized (queue) {
            if (closed) {
                throw new IllegalStateException(UNLOADING);
            }
            queue.add(reply);
            queue.notifyAll();
        }
        return reply;
    }

    /**
     * How much there is to do.
     *
     * @param running replies that are read or grow
     * @param waiting requests without a slot
     * @param heldTokens tokens whose keys and values the running ones have in the cache
     * @param cacheTokens tokens for which there is room
     */
    public record Load(int running, int waiting, long heldTokens, long cacheTokens) {}

    /** As of the last step. */
    public Load load() {
        BatchSteps.Running now = running;
        long room = (long) decoding.slots() * decoding.capacity();
        synchronized (queue) {
            return new Load(now.replies(), queue.size(), now.heldTokens(), room);
        }
    }

    /** Whether the network can say how probable a prompt's tokens are: not one that reads prompts by an encoder. */
    public boolean scoresPrompts() {
        return decoding.readsInPieces();
    }

    /**
     * What the network makes of a whole text, by itself: the same bits whatever else it reads. Waits for the device.
     *
     * @param tokens 1 to the context's length of them
     * @return (D) the mean of its tokens' hidden states
     */
    public float[] embed(int[] tokens) {
        checkVocabulary("the token ", IntStream.of(tokens));
        return network.embed(new int[][] {tokens})[0];
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
            boolean open = awaitWork();
            if (!open) {
                steps.failAll(new IllegalStateException(UNLOADING));
                return;
            }
            try {
                admit();
                step();
            } catch (RuntimeException | Error e) {
                steps.failAll(BatchSteps.unchecked(e));
            }
        }
    }

    /** Waits while there is nothing to do; false when the scheduler is closed. */
    private boolean awaitWork() {
        steps.dropCancelled();
        running = steps.running();
        if (running.replies() == 0) {
            steps.tellAll();
        }
        synchronized (queue) {
            queue.dropCancelled();
            while (queue.isEmpty() && running.replies() == 0 && !closed) {
                try {
                    queue.wait();
                } catch (InterruptedException e) {
                    closed = true;
                }
                queue.dropCancelled();
            }
            return !closed;
        }
    }

    /** Gives waiting requests the free slots. */
    private void admit() {
        while (steps.hasRoom()) {
            ActiveReply next;
            synchronized (queue) {
                if (queue.isEmpty()) {
                    return;
                }
                next = queue.remove();
            }
            steps.admit(next);
        }
    }

    private void step() {
        long begin = nanoTime.getAsLong();
        int tokens = steps.step();
        if (tokens > 0) {
            double seconds = Math.max(1e-6, (nanoTime.getAsLong() - begin) / 1e9);
            synchronized (queue) {
                queue.measured(tokens, seconds);
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
        waiting.forEach(reply -> BatchSteps.fail(reply, cause));
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
