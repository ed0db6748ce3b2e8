package dev.rehearse.training;

import dev.rehearse.networks.Fit;
import dev.rehearse.networks.LearningRates;
import dev.rehearse.networks.Objective;
import dev.rehearse.networks.QNetwork;
import dev.rehearse.networks.Readings;
import dev.rehearse.networks.TokenBatch;
import dev.rehearse.qlearning.Schedule;
import dev.rehearse.training.EncodedExamples.Sequence;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
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

    private final RunSpec spec;
    private final SupervisedSettings settings;
    private final StartingModel start;
    private final RunControl control;
    private final LongSupplier nanoTime;
    private final List<Sequence> validation;
    private final LengthBuckets batches;
    private final BestCheckpoints checkpoints;
    private long trainedTokens;

    SupervisedTraining(
            RunSpec spec, SupervisedSettings settings, StartingModel start, RunControl control, LongSupplier nanoTime) {
        this.spec = spec;
        this.settings = settings;
        this.start = start;
        this.control = control;
        this.nanoTime = nanoTime;
        int context = start.network().architecture().contextLength();
        List<Sequence> train = EncodedExamples.sequences(spec.data().train(), start.template(), context);
        List<Example> heldOut = spec.data().validation();
        validation =
                EncodedExamples.validation(() -> EncodedExamples.sequences(heldOut, start.template(), context)).stream()
                        .sorted(Comparator.comparingInt(sequence -> sequence.tokens().length))
                        .toList();
        batches = new LengthBuckets(
                train,
                settings.batchSize(),
                RandomGeneratorFactory.of("L64X128MixRandom").create(spec.seed()));
        checkpoints = new BestCheckpoints(spec, start, control);
    }

    RunResult run() {
        QNetwork network = start.network();
        int total = totalSteps();
        int interval = Math.max(1, total / EVALUATIONS);
        Schedule rate =
                new Schedule.WarmupCosine(settings.learningRate(), (int) Math.ceil(WARMUP_SHARE * total), total, 0);
        control.report(new Progress.Started(total, settings.openAiHyperparameters()));
        int worse = 0;
        for (int step = 1; step <= total && worse < settings.patience(); step++) {
            control.stopIfRequested();
            update(network, step, total, rate.at(step - 1));
            if (step % interval == 0 || step == total) {
                worse = evaluate(network, step, total) ? 0 : worse + 1;
            }
        }
        if (checkpoints.best().isEmpty()) {
            throw new IllegalStateException("the validation loss was never a finite number; the learning rate "
                    + settings.learningRate() + " is too high");
        }
        return new RunResult(checkpoints.best(), trainedTokens);
    }

    private int totalSteps() {
        int planned = settings.epochs() * batches.batchesPerEpoch();
        return settings.maxSteps() > 0 ? Math.min(planned, settings.maxSteps()) : planned;
    }

    private void update(QNetwork network, int step, int total, double rate) {
        long begin = nanoTime.getAsLong();
        TokenBatch batch = EncodedExamples.batch(batches.next());
        Fit fit = network.fit(batch, new Objective.Imitation(), new LearningRates(rate, 0, MAX_GRADIENT_NORM));
        int tokens = batch.actionCount();
        trainedTokens += tokens;
        double seconds = (nanoTime.getAsLong() - begin) / 1e9;
        Map<String, Double> metrics = new HashMap<>();
        metrics.put("train_loss", fit.loss());
        metrics.put("learning_rate", rate);
        metrics.put("gradient_norm", fit.gradientNorm());
        metrics.put("tokens_per_second", tokens / Math.max(1e-9, seconds));
        control.report(new Progress.Step(step, total, metrics));
    }

    private boolean evaluate(QNetwork network, int step, int total) {
        double loss = validationLoss(network);
        Map<String, Double> metrics = Map.of("valid_loss", loss, "full_valid_loss", loss);
        control.report(new Progress.Evaluated(step, total, metrics));
        return checkpoints.offer(step, network, -loss, metrics);
    }

    /** Mean negative log-likelihood of the validation replies' tokens, in nats. */
    private double validationLoss(QNetwork network) {
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
