package dev.rehearse.replay;

import java.io.IOException;

/**
 * A ring of 32-bit words in pages of 256 KiB that are allocated when first written. Addresses only grow; address a lies
 * at a mod capacity, so an extent may wrap and the ring never fragments. Guarded by its memory's lock.
 */
final class WordRing {
    private static final int PAGE_BITS = 16;
    private static final int PAGE = 1 << PAGE_BITS;

    private final long capacity;
    private final int[][] pages;
    private long allocated;

    WordRing(long capacity) {
        this.capacity = capacity;
        this.pages = new int[Math.toIntExact((capacity + PAGE - 1) >>> PAGE_BITS)][];
    }

    long capacity() {
        return capacity;
    }

    /** Words that have memory behind them. */
    long allocated() {
        return allocated;
    }

    void read(long address, int[] into, int from, int count) {
        for (int done = 0; done < count; ) {
            long at = (address + done) % capacity;
            int run = run(at, count - done);
            System.arraycopy(page(at), (int) at & (PAGE - 1), into, from + done, run);
            done += run;
        }
    }

    void write(long address, int[] from, int count) {
        for (int done = 0; done < count; ) {
            long at = (address + done) % capacity;
            int run = run(at, count - done);
            System.arraycopy(from, done, page(at), (int) at & (PAGE - 1), run);
            done += run;
        }
    }

    void save(SegmentWriter out, long start, long end) throws IOException {
        for (long address = start; address < end; ) {
            long at = address % capacity;
            int run = run(at, end - address);
            out.putInts(page(at), (int) at & (PAGE - 1), run);
            address += run;
        }
    }

    void restore(SegmentReader in, long start, long end) throws IOException {
        for (long address = start; address < end; ) {
            long at = address % capacity;
            int run = run(at, end - address);
            in.getInts(page(at), (int) at & (PAGE - 1), run);
            address += run;
        }
    }

    /** How many words from here lie in one page, at most the number wanted. */
    private int run(long at, long wanted) {
        long toPageEnd = PAGE - (at & (PAGE - 1));
        return (int) Math.min(wanted, Math.min(toPageEnd, capacity - at));
    }

    private int[] page(long at) {
        int number = (int) (at >>> PAGE_BITS);
        int[] page = pages[number];
        if (page == null) {
            int size = (int) Math.min(PAGE, capacity - ((long) number << PAGE_BITS));
            page = new int[size];
            pages[number] = page;
            allocated += size;
        }
        return page;
    }
}
