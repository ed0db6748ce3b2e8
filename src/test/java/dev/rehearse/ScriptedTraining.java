package dev.rehearse;

import dev.rehearse.jobs.Training;
import dev.rehearse.training.Checkpoint;
import dev.rehearse.training.Progress;
import dev.rehearse.training.RunControl;
import dev.rehearse.training.RunResult;
import dev.rehearse.training.RunSpec;
import dev.rehearse.training.StoppedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.springframework.context.annotation.Primary;

/** A training that does what the test wrote for the job's seed, and else succeeds at once. */
@Primary
public final class ScriptedTraining implements Training {
    private final Map<Long, Training> scripts = new ConcurrentHashMap<>();

    public void on(int seed, Training script) {
        scripts.put((long) seed, script);
    }

    /** A run that goes on until it is stopped or let go; then it succeeds. */
    public Held hold(int seed) {
        Held held = new Held();
        on(seed, held);
        return held;
    }

    @Override
    public RunResult run(RunSpec spec, RunControl control) {
        return scripts.getOrDefault(spec.seed(), ScriptedTraining::succeed).run(spec, control);
    }

    public static RunResult succeed(RunSpec spec, RunControl control) {
        control.report(new Progress.Started(0, 2, Map.of("n_epochs", 1, "batch_size", 4)));
        control.report(new Progress.Step(1, 2, Map.of("train_loss", 1.5, "broken", Double.NaN)));
        Checkpoint first = checkpoint(spec, 1);
        control.report(new Progress.CheckpointSaved(first));
        control.report(new Progress.Step(2, 2, Map.of("train_loss", 0.5)));
        control.report(new Progress.Evaluated(2, 2, Map.of("valid_loss", 0.75)));
        Checkpoint second = checkpoint(spec, 2);
        control.report(new Progress.CheckpointSaved(second));
        return new RunResult(List.of(second, first), 42);
    }

    public static Checkpoint checkpoint(RunSpec spec, int step) {
        try {
            Path directory = Files.createDirectory(spec.outputDirectory().resolve("checkpoint-" + step));
            Files.writeString(directory.resolve("config.json"), "{\"model_type\":\"gpt2\",\"n_positions\":64}");
            Files.writeString(directory.resolve("model.safetensors"), "step " + step);
            return new Checkpoint(step, directory, Map.of("valid_loss", 1.0 / step));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static final class Held implements Training {
        private final CountDownLatch entered = new CountDownLatch(1);
        private final CountDownLatch left = new CountDownLatch(1);
        private final CountDownLatch letGo = new CountDownLatch(1);

        @Override
        public RunResult run(RunSpec spec, RunControl control) {
            entered.countDown();
            try {
                while (!letGo.await(5, TimeUnit.MILLISECONDS)) {
                    control.stopIfRequested();
                }
                return succeed(spec, control);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StoppedException();
            } finally {
                left.countDown();
            }
        }

        public void awaitEntered() {
            await(entered);
        }

        public void awaitLeft() {
            await(left);
        }

        public void letGo() {
            letGo.countDown();
        }

        public static void await(CountDownLatch latch) {
            try {
                if (!latch.await(20, TimeUnit.SECONDS)) {
                    throw new AssertionError("waited 20 seconds in vain");
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }
}
