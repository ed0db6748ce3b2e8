package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.generation.Generator;
import dev.rehearse.generation.Generator.Behaviour;
import dev.rehearse.grading.StringCheck;
import dev.rehearse.grading.Template;
import dev.rehearse.networks.Decoding;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.NetworkOptions;
import dev.rehearse.networks.TorchNetwork;
import dev.rehearse.training.Method.Experience;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Equal seeds, data and settings end with equal bits, whatever else the device does meanwhile: each run is made alone and
 * again while requests are served and another run takes its turns on the lanes.
 */
@Timeout(120)
class DeterminismTest {
    private static final int STEPS = 12;

    @TempDir
    static Path directory;

    private static Path model;

    @BeforeAll
    static void write() throws IOException {
        model = TinyModel.write(directory.resolve("model"), "abcd=");
    }

    private static Method supervised(int steps, int batchSize) {
        return Method.supervised(Map.of(
                "max_steps",
                steps,
                "dropout",
                0.3,
                "hyperparameters",
                Map.of("batch_size", batchSize, "n_epochs", 50)));
    }

    static Stream<TinyTraining> trainings() {
        StringCheck grader = new StringCheck(
                "", Template.parse("{{sample.output_text}}"), Template.parse("a"), StringCheck.Operation.LIKE);
        Map<String, Object> openAi = Map.of("batch_size", 32, "eval_interval", 4);
        return Stream.of(
                new TinyTraining(
                        "supervised, with dropout",
                        supervised(STEPS, 32),
                        new TrainingData(TinyTraining.examples(true), List.of())),
                new TinyTraining(
                        "reinforcement, prioritised and mixed",
                        Method.reinforcement(
                                grader,
                                Experience.PLAYED_AND_LOGGED,
                                Map.of(
                                        "hyperparameters",
                                        openAi,
                                        "dqn",
                                        Map.of(
                                                "max_steps",
                                                STEPS,
                                                "max_completion_tokens",
                                                5,
                                                "prioritized",
                                                true,
                                                "learning_rate",
                                                1e-3))),
                        new TrainingData(TinyTraining.examples(false), List.of(), TinyTraining.log())),
                new TinyTraining(
                        "reinforcement, offline",
                        Method.reinforcement(
                                null,
                                Experience.LOGGED,
                                Map.of(
                                        "hyperparameters",
                                        openAi,
                                        "dqn",
                                        Map.of("max_steps", STEPS, "learning_rate", 1e-3))),
                        new TrainingData(List.of(), List.of(), TinyTraining.log())));
    }

    @ParameterizedTest
    @MethodSource("trainings")
    void aRunEndsWithTheSameBitsWhileOthersAreServedAndTrained(TinyTraining training) throws Exception {
        Map<String, String> alone = checksums(run(training, training.name() + " alone"));
        try (Disturbance ignored = new Disturbance()) {
            assertThat(checksums(run(training, training.name() + " beside others")))
                    .isEqualTo(alone);
        }
        assertThat(alone).hasSizeGreaterThanOrEqualTo(2);
    }

    private static RunResult run(TinyTraining training, String name) throws IOException {
        return TinyTraining.run(training.spec(model, directory.resolve(name)), Recording.toTheEnd());
    }

    /** SHA-256 of every checkpoint's weights, by step. */
    private static Map<String, String> checksums(RunResult result) throws Exception {
        Map<String, String> sums = new TreeMap<>();
        for (Checkpoint checkpoint : result.best()) {
            byte[] weights = Files.readAllBytes(checkpoint.directory().resolve("model.safetensors"));
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(weights);
            sums.put("step " + checkpoint.step(), HexFormat.of().formatHex(digest));
        }
        return sums;
    }

    /** Serves replies and trains with dropout, on the same device, until it is closed. */
    private static final class Disturbance implements AutoCloseable {
        private static final int TRAINED = 10_000;

        private final AtomicBoolean stopped = new AtomicBoolean();
        private final AtomicInteger served = new AtomicInteger();
        private final AtomicReference<Throwable> failure = new AtomicReference<>();
        private final CountDownLatch busy = new CountDownLatch(2);
        private final Thread server = new Thread(() -> guarded(this::serve), "serving");
        private final Thread trainer = new Thread(() -> guarded(this::train), "training");

        Disturbance() throws InterruptedException {
            server.start();
            trainer.start();
            busy.await();
        }

        private void guarded(Runnable work) {
            try {
                work.run();
            } catch (StoppedException e) {
                // as it was asked to
            } catch (Throwable e) {
                failure.set(e);
            } finally {
                busy.countDown();
            }
        }

        private void serve() {
            try (TorchNetwork network = TorchNetwork.open(TinyModel.device(), model, NetworkOptions.exact());
                    Decoding decoding = network.decoding(4, TinyModel.CONTEXT, Device.Priority.SERVING)) {
                Generator generator = new Generator(decoding, new int[] {2}, 8);
                while (!stopped.get()) {
                    generator.generate(
                            List.of(new int[] {6}, new int[] {6, 7, 8}), new Behaviour.Sample(1, 0, served.get()));
                    if (served.incrementAndGet() == 3) {
                        busy.countDown();
                    }
                }
            }
        }

        private void train() {
            Path output =
                    directory.resolve("disturbing-" + Thread.currentThread().getId() + "-" + System.nanoTime());
            Recording control = Recording.stoppingAfter(progress -> {
                if (progress instanceof Progress.Step step && step.step() == 2) {
                    busy.countDown();
                }
                return stopped.get();
            });
            try {
                RunSpec spec = TinyModel.spec(
                        model,
                        new TrainingData(TinyTraining.examples(true), List.of()),
                        supervised(TRAINED, 32),
                        output);
                TinyTraining.run(spec, control);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() throws InterruptedException {
            stopped.set(true);
            server.join();
            trainer.join();
            assertThat(failure.get()).isNull();
            assertThat(served.get()).isGreaterThan(3);
        }
    }
}
