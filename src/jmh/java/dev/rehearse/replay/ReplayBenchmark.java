package dev.rehearse.replay;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Draws from a full memory of 128-token episodes, 32 of the prompt and 96 of the reply; a vocabulary of 50,000. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 2, jvmArgsAppend = "-Xmx3g")
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Benchmark)
public class ReplayBenchmark {
    @Param({"64", "256"})
    public int batchSize;

    /** 16,384 take 15 MB, which a last-level cache may hold; 262,144 take 234 MB, which none does. */
    @Param({"16384", "262144"})
    public int episodes;

    private ReplayMemory uniform;
    private ReplayMemory prioritized;
    private Batch batch;
    private float[] errors;

    @Setup
    public void fill() {
        uniform = full(new Sampling.Uniform());
        prioritized = full(new Sampling.Prioritized(0.6, 0.4));
        ReplayRandom random = new ReplayRandom(2);
        for (int i = 0; i < episodes; i++) {
            prioritized.updatePriority(new EpisodeHandle(episodes / 2 + i), random.nextDouble());
        }
        batch = new Batch(batchSize);
        errors = new float[batchSize * 128];
        for (int i = 0; i < errors.length; i++) {
            errors[i] = random.nextFloat();
        }
    }

    /** Half as many again as it holds, so that the ring has wrapped. */
    private ReplayMemory full(Sampling sampling) {
        ReplaySettings.Bounds bounds = new ReplaySettings.Bounds(episodes, Long.MAX_VALUE, episodes * 1_300L);
        ReplayMemory memory = Episodes.memory(new ReplaySettings(
                Episodes.VOCABULARY, bounds, sampling, 0, ReplaySettings.Reuse.UNLIMITED, ReplaySettings.Pace.OFFLINE));
        ReplayRandom random = new ReplayRandom(1);
        for (int i = 0; i < episodes + episodes / 2; i++) {
            memory.add(Episodes.of(32, 96, Source.ONLINE, random));
        }
        return memory;
    }

    /** (B, T) token ids: what the Python memories are timed with. */
    @Benchmark
    public int[] uniformTokens() {
        uniform.draw(batch, 0, 0);
        return batch.tokens();
    }

    /** What an update of the Q network reads. */
    @Benchmark
    public float uniformLearned() {
        uniform.draw(batch, 0, 0);
        return readLearned();
    }

    @Benchmark
    public int[] prioritizedTokens() {
        prioritized.draw(batch, 0, 0.4);
        return batch.tokens();
    }

    @Benchmark
    public float prioritizedLearned() {
        prioritized.draw(batch, 0, 0.4);
        return readLearned();
    }

    @Benchmark
    public int[] prioritizedTokensAndUpdate() {
        prioritized.draw(batch, 0, 0.4);
        prioritized.updatePriorities(batch, errors);
        return batch.tokens();
    }

    private float readLearned() {
        boolean action = batch.actionMask()[0];
        float sum = batch.rewards()[0] + batch.discounts()[0] + batch.priorLogProbs()[0];
        return batch.tokens()[0] + (action ? sum : 0);
    }
}
