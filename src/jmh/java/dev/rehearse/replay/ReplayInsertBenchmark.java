package dev.rehearse.replay;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Adds to a full, prioritised memory of 65,536 episodes, so that each insert evicts one; one thread. */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(value = 2, jvmArgsAppend = "-Xmx3g")
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Benchmark)
public class ReplayInsertBenchmark {
    private static final int HELD = 1 << 16;
    private static final int DIFFERENT = 1 << 8;

    private final Episode[] small = new Episode[DIFFERENT];
    private final Episode[] replies = new Episode[DIFFERENT];
    private ReplayMemory ofSmall;
    private ReplayMemory ofReplies;
    private int next;

    @Setup
    public void fill() {
        ReplayRandom random = new ReplayRandom(1);
        for (int i = 0; i < DIFFERENT; i++) {
            small[i] = Episodes.small(i);
            replies[i] = Episodes.of(32, 96, Source.ONLINE, random);
        }
        ofSmall = full(small, 128);
        ofReplies = full(replies, 1_300);
    }

    private static ReplayMemory full(Episode[] episodes, long bytesEach) {
        ReplaySettings.Bounds bounds = new ReplaySettings.Bounds(HELD, Long.MAX_VALUE, HELD * bytesEach);
        ReplayMemory memory = Episodes.memory(new ReplaySettings(
                Episodes.VOCABULARY,
                bounds,
                new Sampling.Prioritized(0.6, 0.4),
                0,
                ReplaySettings.Reuse.UNLIMITED,
                ReplaySettings.Pace.OFFLINE));
        for (int i = 0; i < HELD; i++) {
            memory.add(episodes[i % DIFFERENT]);
        }
        return memory;
    }

    /** Two tokens, one action. */
    @Benchmark
    public EpisodeHandle addSmall() {
        return ofSmall.add(small[next++ & DIFFERENT - 1]);
    }

    /** 128 tokens, 96 of them actions. */
    @Benchmark
    public EpisodeHandle addReply() {
        return ofReplies.add(replies[next++ & DIFFERENT - 1]);
    }

    /** As above, from the columns: copies, checks and adds. */
    @Benchmark
    public EpisodeHandle buildAndAddReply() {
        Episode columns = replies[next++ & DIFFERENT - 1];
        return ofReplies.add(new Episode(
                columns.tokens(),
                columns.actionMask(),
                columns.rewards(),
                columns.discounts(),
                columns.priorLogProbs(),
                columns.behaviourLogProbs(),
                0,
                Source.ONLINE));
    }
}
