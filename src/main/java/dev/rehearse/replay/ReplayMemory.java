package dev.rehearse.replay;

import java.io.IOException;
import java.util.function.LongSupplier;

/**
 * A bounded memory of whole episodes: the oldest go first, what is drawn is drawn at random, and everything that decides
 * the next draw can be saved and restored to the bit ({@link ReplaySnapshot}).
 *
 * <p>Any thread may call it; guarded by itself. A draw copies its rows out before it returns, so a batch never changes
 * under its reader. Equal settings, seeds and calls in an equal order give equal draws.
 */
public final class ReplayMemory {
    private final ReplaySettings settings;
    private final ReplayRandom random;
    private final RateLimiter limiter;
    private final EpisodeArena arena;
    /** One leaf per slot in each; an episode has its weight in the tree of its kind until it is retired or evicted. */
    private final SumTree online;

    private final SumTree shown;

    /** The largest priority so far, 1 before any: what a new episode enters with (Schaul et al. 2016, algorithm 1). */
    private double largestPriority = 1;

    private int policyVersion;
    private long drawn;
    private long latePriorities;

    /**
     * Allocates the index and the sum-trees; the contents are allocated as they come.
     *
     * @param random from here on the memory's own
     * @param nanoTime what the limiter measures blocked time with
     */
    public ReplayMemory(ReplaySettings settings, ReplayRandom random, LongSupplier nanoTime) {
        this.settings = settings;
        this.random = random;
        this.limiter = new RateLimiter(settings.pace(), nanoTime);
        this.arena = new EpisodeArena(settings.vocabularySize(), settings.bounds());
        this.online = new SumTree(settings.bounds().maxEpisodes());
        this.shown = new SumTree(settings.bounds().maxEpisodes());
    }

    public ReplaySettings settings() {
        return settings;
    }

    public RateLimiter limiter() {
        return limiter;
    }

    /**
     * Remembers an episode, at the largest priority so far, and evicts the oldest until it fits.
     *
     * @throws IllegalArgumentException if it would not fit an empty memory, or a token is not in the vocabulary
     */
    public synchronized EpisodeHandle add(Episode episode) {
        checkVocabulary(episode.tokens());
        arena.prepare(episode);
        while (arena.oldestIsInTheWay()) {
            int freed = arena.evictOldest();
            online.set(freed, 0);
            shown.set(freed, 0);
        }
        long number = arena.next();
        arena.append(episode.policyVersion(), episode.source());
        int slot = arena.slot(number);
        if (!isStale(slot)) {
            tree(slot).set(slot, largestPriority);
        }
        limiter.added(episode.source());
        return new EpisodeHandle(number);
    }

    /**
     * Fills the batch with episodes drawn at random, online ones first, and counts them as learned. Which are too old is
     * judged by this policy version.
     *
     * <p>Importance weights correct the draws within each kind, not the demonstration share: that one was asked for.
     *
     * @param now the policy version that learns
     * @param beta the importance exponent, from 0 to 1
     */
    public synchronized void draw(Batch batch, int now, double beta) {
        ReplaySettings.checkShare("beta", beta);
        retireStale(now);
        batch.clear(arena.layout());
        int shownRows = shownRows(batch.capacity());
        drawFrom(online, batch.capacity() - shownRows, batch, beta);
        drawFrom(shown, shownRows, batch, beta);
        for (int row = 0; row < batch.rows(); row++) {
            int slot = arena.slot(batch.number(row));
            arena.copy(slot, batch, row);
            Source source = arena.source(slot);
            batch.describe(row, source.isShown() ? 0 : Math.max(0, now - arena.version(slot)), source);
        }
        batch.normaliseWeights();
        drawn += batch.rows();
        limiter.learned(batch.rows());
    }

    /**
     * Gives the episodes of a batch new priorities from what was learned about them. One that was evicted meanwhile is
     * counted and dropped; one that was retired stays so. All or nothing.
     *
     * @param tdErrors (B, T) of the batch, δ at actions; what is elsewhere is ignored
     * @throws IllegalArgumentException if an error is not finite
     */
    public void updatePriorities(Batch batch, float[] tdErrors) {
        double[] priorities = batch.priorities(tdErrors, settings.sampling());
        synchronized (this) {
            for (int row = 0; row < batch.rows(); row++) {
                setPriority(batch.number(row), priorities[row]);
            }
        }
    }

    /** As above, for one episode whose {@linkplain Sampling#error error} is this. */
    synchronized void updatePriority(EpisodeHandle handle, double error) {
        setPriority(handle.number(), settings.sampling().priority(error));
    }

    public synchronized ReplayStats stats() {
        return new ReplayStats(
                arena.size(),
                arena.transitions(),
                arena.bytes(),
                online.filled() + shown.filled(),
                shown.filled(),
                arena.next(),
                arena.first(),
                drawn,
                online.total() + shown.total(),
                largestPriority,
                latePriorities);
    }

    synchronized long allocatedBytes() {
        return arena.allocatedBytes();
    }

    private void checkVocabulary(int[] tokens) {
        for (int t = 0; t < tokens.length; t++) {
            if (tokens[t] >= settings.vocabularySize()) {
                throw new IllegalArgumentException("tokens[" + t + "] is " + tokens[t] + ", must be below "
                        + settings.vocabularySize() + ", the size of the vocabulary");
            }
        }
    }

    private int shownRows(int rows) {
        if (shown.filled() == 0) {
            return 0;
        }
        return online.filled() == 0 ? rows : (int) Math.round(rows * settings.demonstrationShare());
    }

    private void drawFrom(SumTree tree, int rows, Batch batch, double beta) {
        for (int row = 0; row < rows && tree.filled() > 0; row++) {
            double point = (row + random.nextDouble()) / rows * tree.total();
            int slot = allAlike(tree) ? arena.slotAt((int) point) : tree.find(point);
            double ratio = tree.filled() * (tree.get(slot) / tree.total());
            batch.add(arena.numberIn(slot), settings.sampling().importance(ratio, beta));
            if (arena.countDraw(slot) >= settings.reuse().maxTimesSampled()) {
                tree.set(slot, 0);
            }
        }
    }

    /** Every held episode has weight 1 in this tree: the leaf at a point needs no search. */
    private boolean allAlike(SumTree tree) {
        return settings.sampling() instanceof Sampling.Uniform && tree.filled() == arena.size();
    }

    private void retireStale(int now) {
        if (now < 0) {
            throw new IllegalArgumentException("policy version is " + now + ", must be at least 0");
        }
        if (now == policyVersion) {
            return;
        }
        policyVersion = now;
        if (settings.reuse().maxAge() == Integer.MAX_VALUE) {
            return;
        }
        for (long number = arena.first(); number < arena.next(); number++) {
            int slot = arena.slot(number);
            if (isStale(slot) && online.get(slot) > 0) {
                online.set(slot, 0);
            }
        }
    }

    private boolean isStale(int slot) {
        return !arena.source(slot).isShown()
                && policyVersion - arena.version(slot) > settings.reuse().maxAge();
    }

    private void setPriority(long number, double priority) {
        if (number >= arena.next()) {
            throw new IllegalArgumentException(
                    "episode " + number + " was never added, the last is " + (arena.next() - 1));
        }
        if (number < arena.first()) {
            latePriorities++;
            return;
        }
        int slot = arena.slot(number);
        SumTree tree = tree(slot);
        if (tree.get(slot) > 0) {
            tree.set(slot, priority);
            largestPriority = Math.max(largestPriority, priority);
        }
    }

    private SumTree tree(int slot) {
        return arena.source(slot).isShown() ? shown : online;
    }

    /** Everything after the settings; the other calls wait meanwhile. */
    synchronized void save(SegmentWriter out) throws IOException {
        out.begin(Segment.COUNTERS, 2 * Integer.BYTES + 3 * Long.BYTES);
        out.putInt(arena.size());
        out.putInt(policyVersion);
        out.putLong(drawn);
        out.putLong(latePriorities);
        out.putDouble(largestPriority);
        out.end();
        random.save(out);
        limiter.save(out);
        arena.save(out);
        out.begin(Segment.PRIORITIES, (long) arena.size() * Double.BYTES);
        for (long number = arena.first(); number < arena.next(); number++) {
            int slot = arena.slot(number);
            out.putDouble(tree(slot).get(slot));
        }
        out.end();
    }

    static ReplayMemory restore(SegmentReader in, ReplaySettings settings, LongSupplier nanoTime) throws IOException {
        in.begin(Segment.COUNTERS, 2 * Integer.BYTES + 3 * Long.BYTES);
        int held = in.getInt();
        int policyVersion = in.getInt();
        long drawn = in.getLong();
        long latePriorities = in.getLong();
        double largestPriority = in.getDouble();
        in.end();
        in.check(isWeight(largestPriority) && policyVersion >= 0, "counters are impossible");
        ReplayMemory memory = new ReplayMemory(settings, ReplayRandom.restore(in), nanoTime);
        memory.policyVersion = policyVersion;
        memory.drawn = drawn;
        memory.latePriorities = latePriorities;
        memory.largestPriority = largestPriority;
        memory.limiter.restore(in);
        memory.arena.restore(in, held);
        memory.restorePriorities(in);
        return memory;
    }

    private synchronized void restorePriorities(SegmentReader in) throws IOException {
        in.begin(Segment.PRIORITIES, (long) arena.size() * Double.BYTES);
        for (long number = arena.first(); number < arena.next(); number++) {
            double weight = in.getDouble();
            in.check(isWeight(weight), "weight of episode " + number + " is " + weight);
            int slot = arena.slot(number);
            tree(slot).set(slot, weight);
        }
        in.end();
    }

    private static boolean isWeight(double value) {
        return value >= 0 && value <= Double.MAX_VALUE;
    }
}
