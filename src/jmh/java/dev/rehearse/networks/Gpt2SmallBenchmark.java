package dev.rehearse.networks;

import java.util.Arrays;
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

/** GPT-2 small's shape (124M parameters, random weights): one training step of 4×128 tokens, and one decoded token. */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx2g")
@State(Scope.Benchmark)
public class Gpt2SmallBenchmark {
    private static final int VOCABULARY = 50_257;
    private static final int PROMPT = 64;

    @Param({"F32", "BF16"})
    public ComputeType type;

    private Device device;
    private TorchNetwork network;
    private Decoding decoding;
    private TokenBatch batch;
    private int position;

    @Setup(Level.Trial)
    public void open() {
        device = Device.open(System.getProperty("rehearse.device", "cpu"));
        Architecture architecture = Gpt2.of(VOCABULARY, 1024, 768, 12, 12);
        network = TorchNetwork.create(
                device, architecture, new NetworkOptions(type, 0, NetworkOptions.ValueTrunk.STOPPED), 1);
        Random random = new Random(1);
        int[][] tokens = new int[4][];
        int[][] actions = new int[4][];
        for (int b = 0; b < tokens.length; b++) {
            tokens[b] = random.ints(128, 0, VOCABULARY).toArray();
            actions[b] = IntStream.range(1, 128).toArray();
        }
        batch = new TokenBatch(tokens, actions);
        decoding = network.decoding(1, 1024, Device.Priority.SERVING);
        decoding.prefill(new int[] {0}, new int[][] {Arrays.copyOf(tokens[0], PROMPT)}, greedy());
        position = PROMPT;
    }

    private static Decoding.Choosing greedy() {
        return new Decoding.Choosing.Each(new float[1], new int[1], new float[] {1}, new float[1], 1);
    }

    @Benchmark
    @Warmup(iterations = 3)
    @Measurement(iterations = 10)
    public Fit trainingStep() {
        return network.fit(batch, new Objective.Imitation(), new LearningRates(1e-5, 0, 1));
    }

    @Benchmark
    @Warmup(iterations = 16)
    @Measurement(iterations = 64)
    public Decoding.Choice decodedToken() {
        return decoding.decode(new int[] {5}, new int[] {position++}, greedy());
    }

    @TearDown(Level.Trial)
    public void close() throws Exception {
        decoding.close();
        network.close();
        device.close();
        try (var lines = java.nio.file.Files.lines(java.nio.file.Path.of("/proc/self/status"))) {
            lines.filter(line -> line.startsWith("VmHWM")).forEach(System.out::println);
        }
    }
}
