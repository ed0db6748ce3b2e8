package dev.rehearse.networks;

import dev.rehearse.networks.Trainable.All;
import dev.rehearse.networks.Trainable.LastLayers;
import dev.rehearse.networks.Trainable.Lora;
import dev.rehearse.networks.Trainable.Targets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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

/** One training step of 4×128 tokens by what it moves: its time, and the process's highest resident memory. */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
@Warmup(iterations = 1)
@Measurement(iterations = 2)
@State(Scope.Benchmark)
public class TrainableBenchmark {
    /** Shapes of random weights. */
    public enum Shape {
        GPT2_124M,
        LLAMA_362M
    }

    /** What moves. */
    public enum Kind {
        ALL,
        LAST_LAYERS,
        LORA
    }

    @Param
    public Shape shape;

    @Param
    public Kind kind;

    private Device device;
    private TorchNetwork network;
    private TokenBatch batch;

    @Setup(Level.Trial)
    public void open() {
        device = Device.open("cpu");
        NetworkOptions options =
                new NetworkOptions(device.computeType(), 0, NetworkOptions.ValueTrunk.STOPPED, trainable());
        network = TorchNetwork.create(device, architecture(), options, 1);
        Random random = new Random(1);
        int[][] tokens = new int[4][];
        int[][] actions = new int[4][];
        for (int b = 0; b < tokens.length; b++) {
            tokens[b] = random.ints(128, 0, network.architecture().vocabularySize()).toArray();
            actions[b] = IntStream.range(1, 128).toArray();
        }
        batch = new TokenBatch(tokens, actions);
    }

    /** GPT-2 small's shape, and SmolLM2-360M's. */
    private Architecture architecture() {
        return switch (shape) {
            case GPT2_124M -> Gpt2.of(50_257, 1024, 768, 12, 12);
            case LLAMA_362M -> Llama.of(49_152, 8192, 960, 32, 15, 5);
        };
    }

    private Trainable trainable() {
        return switch (kind) {
            case ALL -> new All();
            case LAST_LAYERS -> new LastLayers(2);
            case LORA -> new Lora(8, 16, Targets.ALL);
        };
    }

    @Benchmark
    public Fit trainingStep() {
        return network.fit(batch, new Objective.Imitation(), new LearningRates(1e-5, 0, 1));
    }

    @TearDown(Level.Trial)
    public void close() throws IOException {
        network.close();
        device.close();
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            lines.filter(line -> line.startsWith("VmHWM")).forEach(System.out::println);
        }
    }
}
