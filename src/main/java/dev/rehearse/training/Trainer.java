package dev.rehearse.training;

import dev.rehearse.grading.Grading;
import dev.rehearse.networks.Blueprint;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.NetworkOptions;
import dev.rehearse.networks.NetworkOptions.ValueTrunk;
import dev.rehearse.networks.Trainable;
import dev.rehearse.text.TextCleaning;
import dev.rehearse.training.Method.Reinforcement;
import dev.rehearse.training.Method.Supervised;
import java.util.function.LongSupplier;

/** Runs one training after the other or several at once; each call owns everything it makes. Thread-safe. */
public final class Trainer {

    private final Device device;
    private final Grading grading;
    private final LongSupplier nanoTime;

    /**
     * @param grading used, not closed
     * @param nanoTime a clock for rates and durations; learning does not depend on it
     */
    public Trainer(Device device, Grading grading, LongSupplier nanoTime) {
        this.device = device;
        this.grading = grading;
        this.nanoTime = nanoTime;
    }

    /**
     * Trains to the end, on the calling thread and the device's; where a stopped run of the same spec saved its state, it
     * goes on from there.
     *
     * @throws InvalidSettingException when a setting does not go with what the run starts from
     * @throws InvalidExampleException when a row cannot be learned from; nothing was written
     * @throws StoppedException when {@code control} asked to stop
     */
    public RunResult run(RunSpec given, RunControl control) {
        given.method().check(given.start());
        TrainingData data = HeldOut.complete(given.data(), given.seed());
        RunSpec spec = new RunSpec(given.start(), data, given.method(), given.seed(), given.outputDirectory());
        RunStates states = RunStates.open(spec, control);
        Run run = new Run(spec, control, nanoTime, states);
        try {
            return run(run);
        } catch (UnfitState e) {
            states.refuse(e);
            return run(run);
        }
    }

    private RunResult run(Run run) {
        if (run.spec().method() instanceof Supervised supervised) {
            return supervised(run, supervised.settings());
        }
        return reinforcement(run, (Reinforcement) run.spec().method());
    }

    private RunResult supervised(Run run, SupervisedSettings given) {
        RunSpec spec = run.spec();
        boolean fresh = spec.start() instanceof StartingPoint.Blueprint;
        SupervisedSettings settings = given.resolved(spec.data().train().size(), fresh);
        RunSpec readable = fresh ? cleaned(spec, settings) : spec;
        NetworkOptions options = options(settings.dropout(), ValueTrunk.SHARED, settings.trainable());
        try (StartingModel start = fresh
                ? fresh(readable, settings, options)
                : open(readable, options).languageModel()) {
            return new SupervisedTraining(run.with(readable), settings, start).run();
        } catch (InvalidExampleException e) {
            StartingModel.discard(spec);
            throw e;
        }
    }

    /** What a blueprint learns from is cleaned; a pretrained model knows its text, indentation and all, as it is. */
    private static RunSpec cleaned(RunSpec spec, SupervisedSettings settings) {
        TextCleaning cleaning = new TextCleaning(settings.tokenizer().lowercase());
        return new RunSpec(
                spec.start(), spec.data().cleaned(cleaning), spec.method(), spec.seed(), spec.outputDirectory());
    }

    private RunResult reinforcement(Run run, Reinforcement method) {
        RunSpec spec = run.spec();
        if (spec.start() instanceof StartingPoint.Blueprint blueprint) {
            throw new IllegalArgumentException(
                    blueprint.name() + " has learned nothing yet; allowed: a model, e.g. one trained with supervised");
        }
        NetworkOptions options = options(0, method.settings().learning().valueTrunk(), method.trainable());
        try (StartingModel start = open(spec, options);
                FineTuning learning = new FineTuning(run, method, start, grading)) {
            return learning.run();
        }
    }

    private NetworkOptions options(double dropout, ValueTrunk trunk, Trainable trainable) {
        return new NetworkOptions(device.computeType(), dropout, trunk, trainable);
    }

    private StartingModel open(RunSpec spec, NetworkOptions options) {
        return StartingModel.open(device, ((StartingPoint.Directory) spec.start()).path(), options);
    }

    private StartingModel fresh(RunSpec spec, SupervisedSettings settings, NetworkOptions options) {
        String name = ((StartingPoint.Blueprint) spec.start()).name();
        Blueprint blueprint =
                Blueprint.named(name).orElseThrow(() -> new IllegalArgumentException("there is no blueprint " + name));
        return StartingModel.fresh(device, blueprint, spec, settings.tokenizer(), options);
    }
}
