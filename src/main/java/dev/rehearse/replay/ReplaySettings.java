package dev.rehearse.replay;

/**
 * What a memory holds and how it is drawn from; the defaults are the learner's. Immutable.
 *
 * @param vocabularySize token ids are below it; up to 65,536 they take 16 bits, above 32
 * @param demonstrationShare of each batch, from 0 to 1; while one kind has no episode to draw, the other fills the batch
 */
public record ReplaySettings(
        int vocabularySize, Bounds bounds, Sampling sampling, double demonstrationShare, Reuse reuse, Pace pace) {
    public ReplaySettings {
        checkAtLeast("vocabularySize", vocabularySize, 1);
        checkShare("demonstrationShare", demonstrationShare);
    }

    /**
     * When the oldest must go; each bound holds at all times.
     *
     * @param maxBytes of contents, index and sum-trees together; {@link ReplayMemory} never has more than this allocated
     */
    public record Bounds(int maxEpisodes, long maxTransitions, long maxBytes) {
        public Bounds {
            checkAtLeast("maxEpisodes", maxEpisodes, 1);
            checkAtLeast("maxTransitions", maxTransitions, 1);
            checkAtLeast("maxBytes", maxBytes, EpisodeArena.fixedBytes(maxEpisodes) + EpisodeArena.MIN_CONTENT_BYTES);
        }
    }

    /**
     * When an episode that is still held is drawn no more.
     *
     * @param maxTimesSampled draws of one episode
     * @param maxAge in policy versions, for online episodes: what is shown does not age
     */
    public record Reuse(int maxTimesSampled, int maxAge) {
        public static final Reuse UNLIMITED = new Reuse(Integer.MAX_VALUE, Integer.MAX_VALUE);

        public Reuse {
            checkAtLeast("maxTimesSampled", maxTimesSampled, 1);
            checkAtLeast("maxAge", maxAge, 0);
        }
    }

    /**
     * How fast may be learned.
     *
     * @param replayRatio learned sequences per new online sequence; infinite when nothing new is expected
     * @param learningStarts sequences of any source that must have been added before the first is learned
     */
    public record Pace(double replayRatio, long learningStarts) {
        public static final Pace OFFLINE = new Pace(Double.POSITIVE_INFINITY, 0);

        public Pace {
            if (!(replayRatio > 0)) {
                throw new IllegalArgumentException("replayRatio is " + replayRatio + ", must be above 0");
            }
            checkAtLeast("learningStarts", learningStarts, 0);
        }
    }

    static void checkShare(String name, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(name + " is " + value + ", must be between 0 and 1");
        }
    }

    /** The settings in words that do not depend on how Java prints a record: a snapshot carries them. */
    String inWords() {
        return "vocabulary %d; episodes %d; transitions %d; bytes %d; %s; demonstration share %s; times %d; age %d; ratio %s; starts %d"
                .formatted(
                        vocabularySize,
                        bounds.maxEpisodes,
                        bounds.maxTransitions,
                        bounds.maxBytes,
                        samplingInWords(),
                        demonstrationShare,
                        reuse.maxTimesSampled,
                        reuse.maxAge,
                        pace.replayRatio,
                        pace.learningStarts);
    }

    private String samplingInWords() {
        if (sampling instanceof Sampling.Prioritized prioritized) {
            return "prioritized, alpha " + prioritized.alpha() + ", beta " + prioritized.beta0();
        }
        return "uniform";
    }

    private static void checkAtLeast(String name, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(name + " is " + value + ", must be at least " + least);
        }
    }
}
