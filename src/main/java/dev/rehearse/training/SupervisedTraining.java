package dev.rehearse.training;

import dev.rehearse.networks.Fit;
import dev.rehearse.networks.LearningRates;
import dev.rehearse.networks.Objective;
import dev.rehearse.networks.Readings;
import dev.rehearse.networks.TokenBatch;
import dev.rehearse.networks.TorchNetwork;
import dev.rehearse.qlearning.Schedule;
import dev.rehearse.training.EncodedExamples.Sequence;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGeneratorFactory;

/**
 * Cross-entropy on reply tokens by teacher forcing, with warm-up, cosine decay and early stopping on the validation
 * loss; the best weights are kept. Confined to the run's thread.
 */
final class SupervisedTraining {
    private static final double WARMUP_SHARE = 0.05;
    private static final int EVALUATIONS = 20;
    private static final int EVALUATION_BATCH = 256;
    private static final double MAX_GRADIENT_NORM = 1;

    private final Run run;
    private final SupervisedSettings settings;
    private final StartingModel start;
    private final RunControl control;
    private final TorchNetwork network;
    private final List<Sequence> validation;
    private final LengthBuckets batches;
    private final BestCheckpoints checkpoints;
    private final int totalSteps;
    private final int interval;
    private final Schedule rate;
    private final TimeSpent time;
    private int step;
    private int evaluated;
    private int withoutBetter;
    private long trainedTokens;

    SupervisedTraining(Run run, SupervisedSettings settings, StartingModel start) {
        this.run = run;
        this.settings = settings;
        this.start = start;
        control = run.control();
        network = start.network();
        TrainingData data = run.spec().data();
        int context = network.architecture().contextLength();
        List<Sequence> train = EncodedExamples.sequences(data.train(), start.template(), context);
        List<Example> heldOut = data.validation();
        validation =
                EncodedExamples.validation(() -> EncodedExamples.sequences(heldOut, start.template(), context)).stream()
                        .sorted(Comparator.comparingInt(sequence -> sequence.tokens().length))
                        .toList();
        batches = new LengthBuckets(
                train,
                settings.batchSize(),
                RandomGeneratorFactory.of("L64X128MixRandom").create(run.spec().seed()));
        checkpoints = new BestCheckpoints(run, start);
        totalSteps = settings.totalSteps(batches.batchesPerEpoch());
        interval = Math.max(1, totalSteps / EVALUATIONS);
        int warmup = (int) Math.ceil(WARMUP_SHARE * totalSteps);
        rate = new Schedule.WarmupCosine(settings.learningRate(), warmup, totalSteps, 0);
        time = new TimeSpent(run.nanoTime());
        RunState found = run.states().found();
        if (found != null) {
            restore(found);
        }
    }

    private void restore(RunState state) {
        run.states().restore(networks());
        batches.skip(state.step());
        step = state.step();
        trainedTokens = state.trainedTokens();
        time.restore(state.spent());
        evaluated = state.selected().evaluated();
        withoutBetter = state.selected().withoutBetter();
        checkpoints.restore(state.selected().ranking());
    }

    private Map<String, TorchNetwork> networks() {
        return Map.of("network", network);
    }

    private RunContents contents() {
        RunState.Selected selected = new RunState.Selected(evaluated, withoutBetter, 0, checkpoints.ranking(), null);
        RunState state = new RunState(run.states().identity(), step, trainedTokens, time.spent(0), selected, null);
        return new RunContents(state, networks(), null, network);
    }

    RunResult run() {
        run.started(totalSteps, settings.openAiHyperparameters());
        new Saving(run, start, this::contents).repeat(this::turn);
        if (checkpoints.best().isEmpty()) {
            throw new IllegalStateException("the validation loss was never a finite number; the learning rate "
                    + settings.learningRate() + " is too high");
        }
        return new RunResult(checkpoints.best(), trainedTokens);
    }

    /** Evaluates or makes an update; false when there is nothing left to do. */
    private boolean turn() {
        if (step > evaluated && (step % interval == 0 || step == totalSteps)) {
            evaluate();
        } else if (step < totalSteps && withoutBetter < settings.patience()) {
            update();
        } else {
            return false;
        }
        return true;
    }

    private void update() {
        double now = rate.at(step);
        TokenBatch batch = EncodedExamples.batch(batches.next());
        double before = time.trainingSeconds();
        Fit fit = time.learn(
                () -> network.fit(batch, new Objective.Imitation(), new LearningRates(now, 0, MAX_GRADIENT_NORM)));
        step++;
        int tokens = batch.actionCount();
        trainedTokens += tokens;
        Map<String, Double> metrics = new HashMap<>();
        metrics.put(Metric.TRAIN_LOSS.wireName(), fit.loss());
        metrics.put(Metric.LR.wireName(), now);
        metrics.put(Metric.GRAD_NORM.wireName(), fit.gradientNorm());
        metrics.put(Metric.EPOCH.wireName(), step / (double) batches.batchesPerEpoch());
        metrics.put(Metric.TRAINED_TOKENS.wireName(), (double) trainedTokens);
        metrics.put(Metric.TOKENS_PER_SECOND.wireName(), tokens / Math.max(1e-9, time.trainingSeconds() - before));
        time.put(metrics);
        control.report(new Progress.Step(step, totalSteps, metrics));
    }

    private void evaluate() {
        time.evaluate(() -> {
            long begin = run.nanoTime().getAsLong();
            double loss = validationLoss();
            double seconds = (run.nanoTime().getAsLong() - begin) / 1e9;
            Map<String, Double> metrics = Map.of(
                    Metric.VALID_LOSS.wireName(), loss,
                    Metric.FULL_VALID_LOSS.wireName(), loss,
                    Metric.VALID_SECONDS.wireName(), seconds);
            control.report(new Progress.Evaluated(step, totalSteps, metrics));
            withoutBetter = checkpoints.offer(step, network, -loss, metrics) ? 0 : withoutBetter + 1;
        });
        evaluated = step;
    }

    /** Mean negative log-likelihood of the validation replies' tokens, in nats. */
    private double validationLoss() {
        double sum = 0;
        long count = 0;
        for (int from = 0; from < validation.size(); from += EVALUATION_BATCH) {
            List<Sequence> part = validation.subList(from, Math.min(validation.size(), from + EVALUATION_BATCH));
            control.stopIfRequested();
            Readings readings = network.read(EncodedExamples.batch(part));
            for (float[] logProbs : readings.logProbs()) {
                for (float logProb : logProbs) {
                    sum -= logProb;
                    count++;
                }
            }
        }
        return sum / count;
    }
}
