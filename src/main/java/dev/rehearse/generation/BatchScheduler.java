package dev.rehearse.generation;

import dev.rehearse.networks.Decoding;
import dev.rehearse.networks.Decoding.Choice;
import dev.rehearse.networks.Decoding.Choosing;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.QNetwork;
import dev.rehearse.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
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
    private final Slots slots;
    private final int mostPromptTokens;
    private final Thread thread;
    /** Prompts and growing replies take turns. */
    private boolean promptsTurn = true;

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
        this.endTokens = endTokens.clone();
        queue = new RequestQueue(limits.mostQueuedTokens());
        this.nanoTime = nanoTime;
        decoding = decodingOf(network, limits);
        slots = new Slots(limits.slots());
        mostPromptTokens = limits.mostPromptTokens();
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
            boolean open = awaitWork();
            if (!open) {
                failAll(new IllegalStateException(UNLOADING));
                return;
            }
            try {
                admit();
                closeGaps();
                step();
            } catch (RuntimeException | Error e) {
                failAll(unchecked(e));
            }
        }
    }

    /** Waits while there is nothing to do; false when the scheduler is closed. */
    private boolean awaitWork() {
        slots.where(ActiveReply::isCancelled).forEach(slots::free);
        synchronized (queue) {
            queue.dropCancelled();
            while (queue.isEmpty() && slots.isEmpty() && !closed) {
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

    /** Gives waiting requests the free slots, and the state of what others have read of their prompts' beginnings. */
    private void admit() {
        while (slots.hasRoom()) {
            ActiveReply next;
            synchronized (queue) {
                if (queue.isEmpty()) {
                    return;
                }
                next = queue.remove();
            }
            Slots.Place place = slots.place(next.request().prompt());
            slots.put(place.slot(), next);
            if (place.origin() != place.slot()) {
                decoding.copy(place.origin(), place.slot(), place.length());
            }
            next.readUpTo(place.length());
        }
    }

    /** Every slot up to the last one in use costs as much as a reply. */
    private void closeGaps() {
        for (Slots.Move gap = slots.gap(); gap != null; gap = slots.gap()) {
            decoding.copy(gap.from(), gap.to(), gap.length());
            slots.move(gap);
        }
    }

    private void step() {
        long begin = nanoTime.getAsLong();
        List<Integer> reading = slots.where(ActiveReply::isReading);
        List<Integer> all = slots.where(reply -> true);
        boolean grows = all.size() > reading.size();
        boolean reads = !reading.isEmpty() && (promptsTurn || !grows);
        int tokens = 0;
        if (reads) {
            tokens = read(reading);
        } else if (grows) {
            tokens = decode(all.size());
        }
        promptsTurn = !reads;
        if (tokens > 0) {
            double seconds = Math.max(1e-6, (nanoTime.getAsLong() - begin) / 1e9);
            synchronized (queue) {
                queue.measured(tokens / seconds);
            }
        }
    }

    /** Reads as much of the prompts as one step may; returns how many tokens were chosen. */
    private int read(List<Integer> reading) {
        List<Integer> whole = new ArrayList<>();
        int tokens = 0;
        for (int slot : reading) {
            ActiveReply reply = slots.reply(slot);
            tokens += reply.request().prompt().length;
            if (reply.read() > 0 || tokens > mostPromptTokens) {
                break;
            }
            whole.add(slot);
        }
        return whole.isEmpty() ? readPiece(reading.get(0)) : readWhole(whole);
    }

    private int readWhole(List<Integer> whole) {
        List<ActiveReply> replies = whole.stream().map(slots::reply).toList();
        int[][] prompts =
                replies.stream().map(reply -> reply.request().prompt()).toArray(int[][]::new);
        int[] into = whole.stream().mapToInt(Integer::intValue).toArray();
        Choice choice = decoding.prefill(into, prompts, choosing(replies));
        replies.forEach(reply -> reply.readUpTo(reply.request().prompt().length));
        for (int row = 0; row < into.length; row++) {
            take(into[row], choice, row);
        }
        return into.length;
    }

    private int readPiece(int slot) {
        ActiveReply reply = slots.reply(slot);
        int[] prompt = reply.request().prompt();
        int end = Math.min(prompt.length, reply.read() + mostPromptTokens);
        int[] piece = Arrays.copyOfRange(prompt, reply.read(), end);
        Choice choice = decoding.extend(slot, reply.read(), piece, choosing(List.of(reply)));
        reply.readUpTo(end);
        if (end < prompt.length) {
            return 0;
        }
        take(slot, choice, 0);
        return 1;
    }

    private int decode(int rows) {
        int[] tokens = new int[rows];
        int[] positions = new int[rows];
        List<ActiveReply> replies = new ArrayList<>(rows);
        for (int slot = 0; slot < rows; slot++) {
            ActiveReply reply = slots.reply(slot);
            replies.add(reply);
            // A slot whose prompt is being read is decoded, too; what that writes is overwritten by the next piece.
            tokens[slot] = reply.isReading() ? 0 : reply.lastToken();
            positions[slot] = reply.isReading() ? reply.read() : reply.lastPosition();
        }
        Choice choice = decoding.decode(tokens, positions, choosing(replies));
        int taken = 0;
        for (int slot = 0; slot < rows; slot++) {
            if (!replies.get(slot).isReading()) {
                take(slot, choice, slot);
                taken++;
            }
        }
        return taken;
    }

    private void take(int slot, Choice choice, int row) {
        ActiveReply reply = slots.reply(slot);
        try {
            if (reply.accept(choice, row, endTokens)) {
                slots.free(slot);
            }
        } catch (RuntimeException | Error e) {
            // A listener that throws loses its own reply, nobody else's.
            slots.free(slot);
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

    private Choosing choosing(List<ActiveReply> replies) {
        return BatchChoosing.of(replies, network.architecture().vocabularySize());
    }

    private void failAll(RuntimeException cause) {
        List<ActiveReply> underWay =
                slots.where(reply -> true).stream().map(slots::reply).toList();
        slots.clear();
        underWay.forEach(reply -> fail(reply, cause));
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
