package dev.rehearse.training;

import dev.rehearse.networks.Architecture;
import dev.rehearse.networks.Blueprint;
import dev.rehearse.networks.ComputeType;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.LearningRates;
import dev.rehearse.networks.NetworkOptions;
import dev.rehearse.networks.NetworkOptions.ValueTrunk;
import dev.rehearse.networks.Objective;
import dev.rehearse.networks.TokenBatch;
import dev.rehearse.networks.TorchNetwork;
import dev.rehearse.networks.Trainable;
import dev.rehearse.replay.Episode;
import dev.rehearse.replay.ReplayMemory;
import dev.rehearse.replay.ReplayRandom;
import dev.rehearse.replay.ReplaySettings;
import dev.rehearse.replay.Sampling;
import dev.rehearse.replay.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it takes to save a run's state, synced, and to take it up again: checksums read, networks and memory restored. A
 * blueprint with a vocabulary of 100, and for reinforcement a memory of 8,000 episodes of 32 tokens.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
@Warmup(iterations = 3)
@Measurement(iterations = 10)
@State(Scope.Benchmark)
public class RunStateBenchmark {
    private static final int VOCABULARY = 100;
    private static final int EPISODES = 8_000;
    private static final int LENGTH = 32;

    /** What is saved: one network, or three and the replay memory. */
    public enum Kind {
        SUPERVISED,
        REINFORCEMENT
    }

    @Param
    public Kind kind;

    @Param({"gpt2-tiny"})
    public String blueprint;

    private Device device;
    private Path directory;
    private RunSpec spec;
    private RunStates saving;
    private RunContents contents;
    private long bytes;

    @Setup(Level.Trial)
    public void open() throws IOException {
        device = Device.open("cpu");
        directory = Files.createTempDirectory("states");
        Method method = Method.supervised(Map.of());
        TrainingData data = new TrainingData(List.of(TinyModel.example(1, "a", "b")), List.of());
        spec = new RunSpec(new StartingPoint.Blueprint(blueprint), data, method, 1, directory);
        Architecture architecture = Blueprint.named(blueprint).orElseThrow().architecture(VOCABULARY);
        TorchNetwork policy = TorchNetwork.create(
                device,
                architecture,
                new NetworkOptions(ComputeType.F32, 0, ValueTrunk.SHARED, new Trainable.All()),
                1);
        policy.fit(batch(), new Objective.Imitation(), new LearningRates(1e-3, 1e-3, 1));
        Map<String, TorchNetwork> networks = new LinkedHashMap<>();
        networks.put("policy", policy);
        if (kind == Kind.REINFORCEMENT) {
            networks.put("target", policy.copy());
            networks.put("average", policy.copy());
        }
        RunState.Selected selected = new RunState.Selected(0, 0, 0, List.of(), null);
        saving = states();
        RunState state = new RunState(saving.identity(), 1, 1, new RunState.Spent(1, 1, 0, 0), selected, null);
        ReplayMemory memory = kind == Kind.REINFORCEMENT ? memory() : null;
        contents = new RunContents(state, networks, memory, policy);
        save();
    }

    private RunStates states() {
        return RunStates.open(spec, new RunControl() {
            @Override
            public void report(Progress progress) {
                bytes = ((Progress.StateSaved) progress).bytes();
            }

            @Override
            public Wish wish() {
                return Wish.GO_ON;
            }
        });
    }

    private static TokenBatch batch() {
        return new TokenBatch(new int[][] {{1, 2, 3, 4}}, new int[][] {{1, 2, 3}});
    }

    private static ReplaySettings settings() {
        return new ReplaySettings(
                VOCABULARY,
                new ReplaySettings.Bounds(100_000, Long.MAX_VALUE, 256L << 20),
                new Sampling.Uniform(),
                0,
                ReplaySettings.Reuse.UNLIMITED,
                ReplaySettings.Pace.OFFLINE);
    }

    private static ReplayMemory memory() {
        ReplayMemory memory = new ReplayMemory(settings(), new ReplayRandom(1), () -> 0);
        Random random = new Random(1);
        for (int i = 0; i < EPISODES; i++) {
            boolean[] actions = new boolean[LENGTH];
            float[] rewards = new float[LENGTH];
            float[] discounts = new float[LENGTH];
            float[] prior = new float[LENGTH];
            float[] behaviour = new float[LENGTH];
            for (int t = LENGTH / 2; t < LENGTH; t++) {
                actions[t] = true;
                discounts[t] = 1;
                prior[t] = -random.nextFloat();
                behaviour[t] = -random.nextFloat();
            }
            rewards[LENGTH - 1] = random.nextFloat();
            int[] tokens = random.ints(LENGTH, 0, VOCABULARY).toArray();
            memory.add(new Episode(tokens, actions, rewards, discounts, prior, behaviour, 0, Source.ONLINE));
        }
        return memory;
    }

    @Benchmark
    public void save() {
        saving.save(contents);
    }

    @Benchmark
    public Object takeUpAgain() {
        RunStates states = states();
        states.restore(contents.networks());
        return kind == Kind.SUPERVISED ? Objects.requireNonNull(states.found()) : states.memory(settings(), () -> 0);
    }

    @TearDown(Level.Trial)
    public void close() {
        System.out.println(kind + ": " + bytes + " bytes");
        contents.networks().values().forEach(TorchNetwork::close);
        device.close();
        ModelDirectory.remove(directory);
    }
}
