package dev.rehearse.replay;

import java.io.IOException;

/**
 * The episodes themselves, oldest first out: a ring of words for the contents, and an index with one row per slot, held
 * in columns. Episodes are numbered from 0 in the order they came; number n lies in slot n mod slots.
 *
 * <p>Numbers and slots below are of held episodes unless said otherwise; what is called once per drawn episode takes the
 * slot, as each number costs a division. Guarded by its memory's lock.
 */
final class EpisodeArena {
    /** Offset, actions, version, source, draws. */
    private static final int INDEX_BYTES = Long.BYTES + Integer.BYTES + Integer.BYTES + Byte.BYTES + Integer.BYTES;
    /** A leaf in each of two sum-trees, with its share of the inner levels: 8 · (1 + 1/15), rounded up. */
    private static final int LEAF_BYTES = 2 * 9;

    static final int BYTES_PER_EPISODE = INDEX_BYTES + LEAF_BYTES;
    static final int MIN_CONTENT_BYTES = 1 << 8;

    private final int slots;
    private final long maxTransitions;
    private final WordRing ring;
    private final EpisodeLayout layout;
    private final EpisodePacker packer;

    private final long[] offsets;
    private final int[] actions;
    private final int[] versions;
    private final byte[] sources;
    private final int[] timesDrawn;

    private long first;
    private long next;
    private int nextSlot;
    private long end;
    private long transitions;

    /** Words and actions of the episode that comes next. */
    private int prepared;

    private int preparedActions;

    EpisodeArena(int vocabularySize, ReplaySettings.Bounds bounds) {
        this.slots = bounds.maxEpisodes();
        this.maxTransitions = bounds.maxTransitions();
        this.ring = new WordRing((bounds.maxBytes() - fixedBytes(slots)) / Integer.BYTES);
        this.layout = new EpisodeLayout(vocabularySize);
        this.packer = new EpisodePacker(layout);
        this.offsets = new long[slots];
        this.actions = new int[slots];
        this.versions = new int[slots];
        this.sources = new byte[slots];
        this.timesDrawn = new int[slots];
    }

    /** Index and sum-trees, which are there from the start. */
    static long fixedBytes(int slots) {
        return (long) slots * INDEX_BYTES + 2 * SumTree.bytes(slots);
    }

    /** Packs what comes next; then evict while {@link #oldestIsInTheWay}, then {@link #append}. */
    void prepare(Episode episode) {
        prepared = packer.pack(episode);
        preparedActions = episode.actions();
        if (prepared > ring.capacity() || preparedActions > maxTransitions) {
            throw new IllegalArgumentException("episode has " + preparedActions + " actions and takes "
                    + (long) prepared * Integer.BYTES + " bytes, at most " + maxTransitions + " and "
                    + ring.capacity() * Integer.BYTES + " fit the memory");
        }
    }

    boolean oldestIsInTheWay() {
        return size() == slots
                || transitions + preparedActions > maxTransitions
                || end - start() + prepared > ring.capacity();
    }

    void append(int policyVersion, Source source) {
        ring.write(end, packer.words(), prepared);
        int slot = nextSlot;
        offsets[slot] = end;
        actions[slot] = preparedActions;
        versions[slot] = policyVersion;
        sources[slot] = source.code();
        timesDrawn[slot] = 0;
        transitions += preparedActions;
        end += prepared;
        next++;
        nextSlot = slot(next);
    }

    /** Forgets the oldest and returns the slot it had. */
    int evictOldest() {
        int slot = slot(first);
        transitions -= actions[slot];
        first++;
        return slot;
    }

    int size() {
        return (int) (next - first);
    }

    long first() {
        return first;
    }

    long next() {
        return next;
    }

    long transitions() {
        return transitions;
    }

    /** What the held episodes take, index and leaves included. */
    long bytes() {
        return (end - start()) * Integer.BYTES + (long) size() * BYTES_PER_EPISODE;
    }

    /** What is allocated, whatever is held. */
    long allocatedBytes() {
        return fixedBytes(slots) + ring.allocated() * Integer.BYTES;
    }

    int slot(long number) {
        return (int) (number % slots);
    }

    /** The number of the held episode in this slot. */
    long numberIn(int slot) {
        return first + Math.floorMod(slot - first, slots);
    }

    /** The slot of the held episode that has this many before it in the order of slots, or the last one. */
    int slotAt(int position) {
        int begin = slot(first);
        int wrapped = Math.max(0, begin + size() - slots);
        int at = Math.min(position, size() - 1);
        return at < wrapped ? at : at - wrapped + begin;
    }

    int version(int slot) {
        return versions[slot];
    }

    Source source(int slot) {
        return Source.of(sources[slot]);
    }

    /** Counts one more draw and returns how many there were. */
    int countDraw(int slot) {
        return ++timesDrawn[slot];
    }

    EpisodeLayout layout() {
        return layout;
    }

    /** The words of the episode as they are; the batch unpacks them. */
    void copy(int slot, Batch batch, int row) {
        int count = words(slot);
        ring.read(offsets[slot], batch.room(row, count), batch.start(row), count);
    }

    private int words(int slot) {
        int after = slot + 1 == slots ? 0 : slot + 1;
        boolean last = after == nextSlot;
        return (int) ((last ? end : offsets[after]) - offsets[slot]);
    }

    private long start() {
        return first == next ? end : offsets[slot(first)];
    }

    void save(SegmentWriter out) throws IOException {
        out.begin(Segment.INDEX, 4 * Long.BYTES + (long) size() * INDEX_BYTES);
        out.putLong(first);
        out.putLong(next);
        out.putLong(start());
        out.putLong(end);
        for (long number = first; number < next; number++) {
            int slot = slot(number);
            out.putLong(offsets[slot]);
            out.putInt(actions[slot]);
            out.putInt(versions[slot]);
            out.putByte(sources[slot]);
            out.putInt(timesDrawn[slot]);
        }
        out.end();
        out.begin(Segment.EPISODES, (end - start()) * Integer.BYTES);
        ring.save(out, start(), end);
        out.end();
    }

    /** Into an empty arena of the same bounds. */
    void restore(SegmentReader in, int held) throws IOException {
        in.check(held >= 0 && held <= slots, "holds " + held + " episodes, at most " + slots + " are allowed");
        in.begin(Segment.INDEX, 4 * Long.BYTES + (long) held * INDEX_BYTES);
        first = in.getLong();
        next = in.getLong();
        nextSlot = Math.floorMod(next, slots);
        long start = in.getLong();
        end = in.getLong();
        in.check(first >= 0 && next - first == held, "holds episodes " + first + " to " + next);
        in.check(start >= 0 && end >= start && end - start <= ring.capacity(), "words " + start + " to " + end);
        for (long number = first; number < next; number++) {
            int slot = slot(number);
            offsets[slot] = in.getLong();
            actions[slot] = in.getInt();
            versions[slot] = in.getInt();
            sources[slot] = in.getByte();
            timesDrawn[slot] = in.getInt();
            transitions += actions[slot];
        }
        in.end();
        checkIndex(in, start);
        in.begin(Segment.EPISODES, (end - start) * Integer.BYTES);
        ring.restore(in, start, end);
        in.end();
        checkEpisodes(in);
    }

    private void checkIndex(SegmentReader in, long start) {
        in.check(start() == start && transitions <= maxTransitions, "does not add up");
        long offset = start - 1;
        for (long number = first; number < next; number++) {
            int slot = slot(number);
            boolean valid = offsets[slot] > offset
                    && offsets[slot] < end
                    && versions[slot] >= 0
                    && Source.isCode(sources[slot])
                    && timesDrawn[slot] >= 0;
            in.check(valid, "row of episode " + number + " is impossible");
            offset = offsets[slot];
        }
    }

    private void checkEpisodes(SegmentReader in) {
        Batch one = new Batch(1);
        for (long number = first; number < next; number++) {
            int slot = slot(number);
            copy(slot, one, 0);
            boolean holds = layout.holds(one.room(0, 0), words(slot), actions[slot]);
            in.check(holds, "episode " + number + " does not fit its index");
        }
    }
}
