package dev.rehearse.generation;

import dev.rehearse.networks.Decoding;
import dev.rehearse.networks.Decoding.Choice;
import dev.rehearse.networks.Decoding.Choosing;
import dev.rehearse.networks.Decoding.Scores;
import dev.rehearse.networks.Decoding.Scoring;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replies in the slots of one decoding, and the steps by which their prompts are read and they grow. Confined to the
 * scheduler's thread.
 */
final class BatchSteps {
    private static final Logger log = LoggerFactory.getLogger(BatchSteps.class);

    private final Decoding decoding;
    private final int vocabulary;
    private final int[] endTokens;
    private final int mostPromptTokens;
    private final Slots slots;
    /** Replies whose listeners are told of their last token while the device makes the next one. */
    private final List<ActiveReply> untold = new ArrayList<>();
    /** Prompts and growing replies take turns. */
    private boolean promptsTurn = true;

    BatchSteps(Decoding decoding, int vocabulary, int[] endTokens, BatchScheduler.Limits limits) {
        this.decoding = decoding;
        this.vocabulary = vocabulary;
        this.endTokens = endTokens;
        mostPromptTokens = limits.mostPromptTokens();
        slots = new Slots(limits.slots());
    }

    /** @param heldTokens whose state they have in their slots */
    record Running(int replies, long heldTokens) {}

    Running running() {
        return new Running(slots.where(reply -> true).size(), slots.heldTokens());
    }

    boolean hasRoom() {
        return slots.hasRoom();
    }

    void dropCancelled() {
        slots.where(ActiveReply::isCancelled).forEach(slots::free);
    }

    /** Takes a free slot, and the state of what others have read of the prompt's beginning. */
    void admit(ActiveReply reply) {
        int[] prompt = reply.request().prompt();
        Slots.Place place = reply.isScoring() || !decoding.readsInPieces() ? slots.emptyPlace() : slots.place(prompt);
        slots.put(place.slot(), reply);
        if (place.origin() != place.slot()) {
            tellAll();
            decoding.copy(place.origin(), place.slot(), place.length());
        }
        reply.readUpTo(place.length());
        tell(place.slot(), ActiveReply::admitted);
    }

    /** Reads or grows a little further; returns how many tokens were read and chosen. */
    int step() {
        closeGaps();
        List<Integer> reading = slots.where(ActiveReply::isReading);
        List<Integer> all = slots.where(reply -> true);
        boolean grows = all.size() > reading.size();
        boolean reads = !reading.isEmpty() && (promptsTurn || !grows);
        promptsTurn = !reads;
        if (grows && !reads) {
            return decode(all.size());
        }
        tellAll();
        return reads ? read(reading) : 0;
    }

    /** Every slot up to the last one in use costs as much as a reply. */
    private void closeGaps() {
        for (Slots.Move gap = slots.gap(); gap != null; gap = slots.gap()) {
            tellAll();
            decoding.copy(gap.from(), gap.to(), gap.length());
            slots.move(gap);
        }
    }

    /** Reads as much of the prompts as one step may. */
    private int read(List<Integer> reading) {
        List<Integer> whole = new ArrayList<>();
        int tokens = 0;
        for (int slot : reading) {
            ActiveReply reply = slots.reply(slot);
            tokens += reply.request().prompt().length;
            boolean tooMany = tokens > mostPromptTokens && (decoding.readsInPieces() || !whole.isEmpty());
            if (reply.read() > 0 || reply.isScoring() || tooMany) {
                break;
            }
            whole.add(slot);
        }
        if (!whole.isEmpty()) {
            return readWhole(whole);
        }
        int first = reading.get(0);
        return slots.reply(first).isScoring() ? scorePiece(first) : readPiece(first);
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
        return into.length
                + Arrays.stream(prompts).mapToInt(prompt -> prompt.length).sum();
    }

    private int readPiece(int slot) {
        ActiveReply reply = slots.reply(slot);
        int[] prompt = reply.request().prompt();
        int start = reply.read();
        int end = Math.min(prompt.length, start + mostPromptTokens);
        int[] piece = Arrays.copyOfRange(prompt, start, end);
        Choice choice = decoding.extend(slot, start, piece, choosing(List.of(reply)));
        reply.readUpTo(end);
        if (end < prompt.length) {
            return end - start;
        }
        take(slot, choice, 0);
        return end - start + 1;
    }

    /** The last token is left for {@link #readPiece}, which chooses the one after it. */
    private int scorePiece(int slot) {
        ActiveReply reply = slots.reply(slot);
        GenerationRequest request = reply.request();
        int last = request.prompt().length - 1;
        int start = reply.read();
        int end = Math.min(last, start + mostPromptTokens);
        int[] piece = Arrays.copyOfRange(request.prompt(), start, end);
        int[] next = Arrays.copyOfRange(request.prompt(), start + 1, end + 1);
        int alternatives = Math.min(vocabulary, request.report().topLogProbs());
        Scores scores = decoding.score(
                slot,
                start,
                piece,
                next,
                new Scoring(alternatives, request.steering().beta()));
        reply.readUpTo(end);
        tell(slot, scored -> scored.accept(scores, start));
        return end - start;
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
        Choice choice = decoding.decode(tokens, positions, choosing(replies), this::tellAll);
        int taken = 0;
        for (int slot = 0; slot < rows; slot++) {
            if (!replies.get(slot).isReading()) {
                take(slot, choice, slot);
                taken++;
            }
        }
        return taken;
    }

    private Choosing choosing(List<ActiveReply> replies) {
        return BatchChoosing.of(replies, vocabulary);
    }

    private void take(int slot, Choice choice, int row) {
        untold.add(slots.reply(slot));
        tell(slot, reply -> reply.accept(choice, row, endTokens));
    }

    /** Tells listeners what they have not heard yet. One that throws loses its own reply. */
    void tellAll() {
        for (ActiveReply reply : untold) {
            try {
                reply.tell();
            } catch (RuntimeException | Error e) {
                dropped(reply, e);
                reply.cancel();
            }
        }
        untold.clear();
    }

    /** A listener that throws loses its own reply, nobody else's. */
    private void tell(int slot, Predicate<ActiveReply> endsWith) {
        ActiveReply reply = slots.reply(slot);
        try {
            if (endsWith.test(reply)) {
                slots.free(slot);
            }
        } catch (RuntimeException | Error e) {
            slots.free(slot);
            dropped(reply, e);
        }
    }

    private static void dropped(ActiveReply reply, Throwable thrown) {
        log.warn("a reply or its listener failed; the reply is dropped", thrown);
        fail(reply, unchecked(thrown));
    }

    void failAll(RuntimeException cause) {
        tellAll();
        List<ActiveReply> underWay =
                slots.where(reply -> true).stream().map(slots::reply).toList();
        slots.clear();
        underWay.forEach(reply -> fail(reply, cause));
    }

    static void fail(ActiveReply reply, RuntimeException cause) {
        try {
            reply.fail(cause);
        } catch (RuntimeException | Error e) {
            log.warn("a listener failed when told of a failure", e);
        }
    }

    static RuntimeException unchecked(Throwable thrown) {
        return thrown instanceof RuntimeException exception
                ? exception
                : new IllegalStateException("generation failed", thrown);
    }
}
