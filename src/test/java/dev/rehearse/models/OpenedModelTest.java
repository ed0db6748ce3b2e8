package dev.rehearse.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.rehearse.generation.BatchScheduler;
import dev.rehearse.generation.Completion;
import dev.rehearse.generation.GeneratedToken;
import dev.rehearse.generation.GenerationListener;
import dev.rehearse.generation.GenerationRequest;
import dev.rehearse.generation.Report;
import dev.rehearse.generation.Sampler;
import dev.rehearse.generation.Steering;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.Gpt2;
import dev.rehearse.networks.Heads;
import dev.rehearse.networks.NetworkOptions;
import dev.rehearse.networks.Readings;
import dev.rehearse.networks.TokenBatch;
import dev.rehearse.networks.TorchNetwork;
import dev.rehearse.networks.WeightType;
import dev.rehearse.text.Tokenizer;
import dev.rehearse.text.TokenizerKind;
import dev.rehearse.text.TokenizerSpec;
import dev.rehearse.text.TokenizerTrainer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.util.unit.DataSize;

/** A real directory, tokenizer and network. */
class OpenedModelTest {
    private static final int CONTEXT = 32;
    private static Device device;

    @TempDir
    private Path directory;

    @BeforeAll
    static void open() {
        device = Device.open("cpu");
    }

    @AfterAll
    static void close() {
        device.close();
    }

    private LoadedModel loaded(Heads heads) throws IOException {
        new TokenizerTrainer(new TokenizerSpec(TokenizerKind.CHAR, 64, false))
                .train(Stream.of("abcdefghijklmnopqrstuvwxyz "), CONTEXT, directory);
        try (Tokenizer tokenizer = Tokenizer.open(directory)) {
            Gpt2 shape = Gpt2.of(tokenizer.vocabularySize(), CONTEXT, 16, 2, 2);
            try (TorchNetwork plain = TorchNetwork.create(device, shape, NetworkOptions.exact(), 4);
                    TorchNetwork network = plain.withHeads(heads, 5)) {
                network.save(directory);
            }
            Files.writeString(
                    directory.resolve("config.json"),
                    shape.toConfig(tokenizer.endId()).toString());
        }
        scatter(directory.resolve("value_head.safetensors"));
        DefaultListableBeanFactory beans = new DefaultListableBeanFactory();
        beans.registerSingleton("device", device);
        GenerationProperties settings = new GenerationProperties(2, DataSize.ofMegabytes(8), 1000, 8, WeightType.F32);
        Model model = new Model("m", Instant.EPOCH, Model.OWNER, null, Model.Kind.BASE, directory, CONTEXT);
        return new NetworkLoader(beans.getBeanProvider(Device.class), settings).load(model);
    }

    /** Heads begin at zero; here they are to differ. */
    private static void scatter(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(9);
        for (int at = 8 + (int) bytes.getLong(0); at < bytes.capacity(); at += Float.BYTES) {
            bytes.putFloat(at, (float) random.nextGaussian());
        }
        Files.write(file, bytes.array());
    }

    private static Completion answer(LoadedModel model, GenerationRequest request) throws Exception {
        CompletableFuture<Completion> answer = new CompletableFuture<>();
        model.submit(request, new GenerationListener() {
            @Override
            public void progressed(String text, List<GeneratedToken> tokens) {}

            @Override
            public void finished(Completion completion) {
                answer.complete(completion);
            }

            @Override
            public void failed(RuntimeException cause) {
                answer.completeExceptionally(cause);
            }
        });
        return answer.get(30, TimeUnit.SECONDS);
    }

    /** What the whole pass says of the tokens from the {@code first} on. */
    private Readings read(int[] tokens, int first) {
        try (TorchNetwork network = TorchNetwork.open(device, directory, NetworkOptions.exact())) {
            int[] actions = IntStream.range(first, tokens.length).toArray();
            return network.read(new TokenBatch(new int[][] {tokens}, new int[][] {actions}));
        }
    }

    @Test
    void aPromptsLogProbsAreThoseOfTheWholePass() throws Exception {
        try (LoadedModel model = loaded(Heads.valueOnly())) {
            int[] prompt = model.encode("the quick brown fox");
            Report report = new Report(0, Set.of(Report.Part.PROMPT));
            Completion completion = answer(
                    model, new GenerationRequest(prompt, 0, new Sampler.Greedy(), List.of(), Steering.NONE, report));
            float[] expected = read(prompt, 1).logProbs()[0];
            assertThat(completion.prompt()).hasSize(expected.length);
            for (int i = 0; i < expected.length; i++) {
                assertThat(completion.prompt().get(i).logProb()).isCloseTo(expected[i], within(1e-4f));
            }
            assertThat(model.hasQ()).isFalse();
        }
    }

    @Test
    void qAndVOfEachTokenAreThoseOfTheWholePass() throws Exception {
        try (LoadedModel model = loaded(new Heads(Heads.Kind.V_AND_TWIN_Q, 0.5, 0))) {
            int[] prompt = model.encode("abc");
            Report report = new Report(0, Set.of(Report.Part.VALUES));
            Completion completion = answer(
                    model,
                    new GenerationRequest(
                            prompt, 9, new Sampler.Boltzmann(1, 0, 1, 3), List.of(), Steering.NONE, report));
            int[] all = IntStream.concat(
                            IntStream.of(prompt), completion.tokens().stream().mapToInt(GeneratedToken::id))
                    .toArray();
            Readings expected = read(all, prompt.length);
            for (int i = 0; i < completion.tokens().size(); i++) {
                GeneratedToken.Value value = completion.tokens().get(i).value();
                assertThat(value).isNotNull();
                assertThat(value.v()).isCloseTo(expected.values()[0][i], within(1e-3f));
                assertThat(value.q()).isCloseTo(expected.qValues()[0][i], within(1e-3f));
                assertThat(value.advantage()).isEqualTo(value.q() - value.v());
            }
            assertThat(model.hasQ()).isTrue();
        }
    }

    @Test
    void aTextsVectorDoesNotDependOnWhatElseIsRead() throws Exception {
        try (LoadedModel model = loaded(Heads.valueOnly())) {
            int[] tokens = model.encode("hello");
            float[] alone = model.embed(tokens);
            model.embed(model.encode("something else and longer"));
            answer(model, new GenerationRequest(tokens, 3, new Sampler.Greedy(), List.of(), 0));
            assertThat(model.embed(tokens)).isEqualTo(alone).hasSize(16);
        }
    }

    @Test
    void itsSizeCountsKeysAndValuesToo() throws Exception {
        try (LoadedModel model = loaded(Heads.valueOnly())) {
            long cached = 2L * CONTEXT * 2 * 2 * 16 * Float.BYTES;
            assertThat(model.size().toBytes()).isGreaterThan(cached);
            assertThat(model.load()).isEqualTo(new BatchScheduler.Load(0, 0, 0, 2 * CONTEXT));
        }
    }
}
