package dev.rehearse.generation;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which reply grows in which slot of the key/value cache, and which tokens' state each slot holds, so that a prompt that
 * begins as another one did need not be read again (Zheng et al. 2024, "SGLang", section 3, with slots instead of a tree).
 * Confined to the scheduler's thread.
 */
final class Slots {
    /** Shorter beginnings are read faster than copied. */
    private static final int SHORTEST_REUSED = 16;

    private final @Nullable ActiveReply[] replies;
    /** The tokens whose state a slot has kept since its reply ended. */
    private final int[][] kept;

    Slots(int count) {
        replies = new @Nullable ActiveReply[count];
        kept = new int[count][0];
    }

    /** A place for a prompt: the slot, and where the state of its first {@code length} tokens is now. */
    record Place(int slot, int origin, int length) {}

    boolean hasRoom() {
        return firstFree() < replies.length;
    }

    private int firstFree() {
        int slot = 0;
        while (slot < replies.length && replies[slot] != null) {
            slot++;
        }
        return slot;
    }

    /** The first free slot, of which there must be one, and the slot that knows most of the prompt's beginning. */
    Place place(int[] prompt) {
        int free = firstFree();
        int origin = free;
        int longest = common(prompt, held(free));
        for (int slot = 0; slot < replies.length; slot++) {
            int length = common(prompt, held(slot));
            if (length > longest) {
                longest = length;
                origin = slot;
            }
        }
        return longest < SHORTEST_REUSED ? new Place(free, free, 0) : new Place(free, origin, longest);
    }

    /** The first free slot, of which there must be one, with nothing of the prompt read. */
    Place emptyPlace() {
        int free = firstFree();
        return new Place(free, free, 0);
    }

    private int[] held(int slot) {
        ActiveReply reply = replies[slot];
        return reply == null ? kept[slot] : reply.held();
    }

    /** Tokens that both begin with; at least one of the prompt's is left over, which the next token is chosen after. */
    private static int common(int[] prompt, int[] held) {
        int most = Math.min(prompt.length - 1, held.length);
        int differs = Arrays.mismatch(prompt, 0, most, held, 0, most);
        return differs < 0 ? most : differs;
    }

    void put(int slot, ActiveReply reply) {
        replies[slot] = reply;
        kept[slot] = new int[0];
    }

    /** Takes the reply out; what the slot holds stays known. */
    void free(int slot) {
        kept[slot] = reply(slot).held();
        replies[slot] = null;
    }

    /** Forgets everything, after a failure that may have left any state. */
    void clear() {
        Arrays.fill(replies, null);
        Arrays.fill(kept, new int[0]);
    }

    ActiveReply reply(int slot) {
        ActiveReply reply = replies[slot];
        if (reply == null) {
            throw new IllegalStateException("slot " + slot + " is free");
        }
        return reply;
    }

    /** Slots in use whose replies fit, in order. */
    List<Integer> where(Predicate<ActiveReply> condition) {
        return IntStream.range(0, replies.length)
                .filter(slot -> replies[slot] != null && condition.test(reply(slot)))
                .boxed()
                .toList();
    }

    /** Tokens whose state replies have in their slots. */
    long heldTokens() {
        return where(reply -> true).stream()
                .mapToLong(slot -> reply(slot).heldLength())
                .sum();
    }

    boolean isEmpty() {
        return Arrays.stream(replies).allMatch(reply -> reply == null);
    }

    /** A reply behind a free slot, to be moved into it so that the used slots are the first ones; null when they are. */
    @Nullable
    Move gap() {
        int free = firstFree();
        int last = replies.length - 1;
        while (last > free && replies[last] == null) {
            last--;
        }
        return last > free ? new Move(last, free, reply(last).held().length) : null;
    }

    /** State of {@code length} tokens goes from one slot to another. */
    record Move(int from, int to, int length) {}

    void move(Move move) {
        ActiveReply reply = reply(move.from());
        free(move.from());
        put(move.to(), reply);
    }
}
