package dev.rehearse.networks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import dev.rehearse.networks.AdamW.Group;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The learning half of a {@link TorchNetwork}: losses, gradients, optimiser. Confined to the device's thread, except for
 * what its lanes do with parts of a batch: read and accumulate.
 */
final class Learning implements AutoCloseable {
    private static final TdLoss PLAIN = new SoftQLoss(1, 0, 1, 0, 0);

    private final TorchNetwork network;
    private final PtNDManager manager;
    private final AdamW optimiser;
    private final Map<TdLoss, Script> losses = new ConcurrentHashMap<>();
    /** By lane; the first is the network's own. */
    private final List<Weights> byLane = new ArrayList<>();

    private int updates;

    Learning(TorchNetwork network) {
        this.network = network;
        manager = (PtNDManager) network.device().manager().newSubManager();
        optimiser = new AdamW(network.device());
        byLane.add(network.weights());
    }

    /** Goes on after so many updates: their number is in dropout's key. */
    void resumeAfter(int made) {
        updates = made;
    }

    AdamW optimiser() {
        return optimiser;
    }

    Readings read(TokenBatch batch) {
        try (PtNDManager scope = (PtNDManager) manager.newSubManager()) {
            Rows rows = rows(scope, batch);
            NDList outputs = network.read(scope, rows);
            return readings(scope, batch, rows, outputs);
        }
    }

    private Rows rows(PtNDManager scope, TokenBatch batch) {
        return Rows.of(scope, batch, network.architecture());
    }

    /** Starts an update: gradients of a previous one that was broken off must not leak into it. */
    void begin() {
        while (byLane.size() < network.division().lanes()) {
            byLane.add(network.weights().alias(manager));
        }
        for (Weights ofLane : byLane) {
            List<PtNDArray> all = ofLane.trainable(name -> true);
            Autograd.track(all);
            Autograd.clear(all);
        }
    }

    /** What a micro-batch whose gradient was added showed on the way. */
    record Added(Readings readings, FitTotals sums) {}

    /** Adds the gradient of one micro-batch to the lane's. */
    Added accumulate(int lane, MicroBatch part, Objective objective, int actionCount) {
        try (PtNDManager scope = (PtNDManager) manager.newSubManager()) {
            Rows rows = rows(scope, part.batch());
            NDList prior = prior(scope, rows, objective);
            return Autograd.differentiate(() -> {
                FitTotals totals = new FitTotals(actionCount);
                NDList outputs = network.learn(scope, byLane.get(lane), rows, dropoutKey(part));
                Readings readings = readings(scope, part.batch(), rows, outputs);
                totals.addEntropy(sum(scope, "entropy", outputs.get(0)));
                NDArray loss = loss(scope, new Pass(part, rows, outputs, prior, readings), objective, totals);
                totals.addLoss(loss.getFloat());
                return new Autograd.Loss<>(loss, new Added(readings, totals));
            });
        }
    }

    /** Equal runs drop the same: by the number of the update and by where the part stands in the batch. */
    private int dropoutKey(MicroBatch part) {
        return Integer.rotateLeft(updates * 0x9E3779B1, 16) + part.first() * 0x85EBCA6B;
    }

    /** What the loss of one micro-batch is made of; {@code prior} is empty where the objective has none. */
    private record Pass(MicroBatch part, Rows rows, NDList outputs, NDList prior, Readings readings) {
        NDArray logPi() {
            return outputs.get(0);
        }

        NDArray values() {
            return outputs.get(1);
        }
    }

    private static NDList prior(PtNDManager scope, Rows rows, Objective objective) {
        if (objective instanceof Objective.SoftQ soft) {
            return ((TorchNetwork) soft.prior()).read(scope, rows);
        }
        if (objective instanceof Objective.HeadQ headQ) {
            return ((TorchNetwork) headQ.prior()).read(scope, rows);
        }
        return new NDList();
    }

    private Readings readings(PtNDManager scope, TokenBatch batch, Rows rows, NDList outputs) {
        try (IValue logPi = IValue.from((PtNDArray) outputs.get(0));
                IValue actions = IValue.from((PtNDArray) rows.actions());
                IValue taken = script(PLAIN).infer("taken", logPi, actions)) {
            return new Readings(
                    Rows.splitActions(batch, taken.toTensor(scope).toFloatArray()),
                    Rows.splitStates(batch, outputs.get(1).toFloatArray()),
                    qValues(scope, batch, rows, outputs));
        }
    }

    private float[][] qValues(PtNDManager scope, TokenBatch batch, Rows rows, NDList outputs) {
        if (outputs.size() == 2) {
            return new float[batch.size()][0];
        }
        List<PtNDArray> q = qHeads(outputs);
        try (IValue heads = Weights.list(q);
                IValue actions = IValue.from((PtNDArray) rows.actions());
                IValue taken = script(PLAIN).infer("q_taken", heads, actions)) {
            return Rows.splitActions(batch, taken.toTensor(scope).toFloatArray());
        }
    }

    private static List<PtNDArray> qHeads(NDList outputs) {
        return outputs.stream().skip(2).map(PtNDArray.class::cast).toList();
    }

    /** As of {@link QNetwork#bestValues}. */
    float[][] bestValues(TokenBatch batch, TorchNetwork chooser, Support support) {
        try (PtNDManager scope = (PtNDManager) manager.newSubManager()) {
            Rows rows = rows(scope, batch);
            NDArray valued = network.read(scope, rows).get(2);
            NDArray chosen =
                    chooser == network ? valued : chooser.read(scope, rows).get(2);
            NDArray prior = ((TorchNetwork) support.prior())
                    .read(scope, rows.everywhere())
                    .get(0);
            try (IValue chooserQ = IValue.from((PtNDArray) chosen);
                    IValue valuedQ = IValue.from((PtNDArray) valued);
                    IValue priorLogPi = IValue.from((PtNDArray) prior);
                    IValue share = IValue.from(support.share());
                    IValue best = script(PLAIN).infer("best", chooserQ, valuedQ, priorLogPi, share)) {
                return Rows.splitStates(batch, best.toTensor(scope).toFloatArray());
            }
        }
    }

    private double sum(PtNDManager scope, String method, NDArray argument) {
        try (IValue value = IValue.from((PtNDArray) argument);
                IValue result = script(PLAIN).infer(method, value)) {
            return TorchNetwork.scalar(result.toTensor(scope));
        }
    }

    private NDArray loss(PtNDManager scope, Pass pass, Objective objective, FitTotals totals) {
        float mean = 1f / totals.actionCount();
        NDArray actions = pass.rows().actions();
        float[] even = new float[pass.part().batch().actionCount()];
        Arrays.fill(even, mean);
        if (objective instanceof Objective.Imitation) {
            return call(scope, PLAIN, "nll", new NDList(pass.logPi(), actions, scope.create(even)));
        }
        if (objective instanceof Objective.ValueRegression regression) {
            NDArray returns = joined(scope, regression.returns(), pass.part());
            return call(scope, PLAIN, "value", new NDList(pass.values(), returns, scope.create(even)));
        }
        if (objective instanceof Objective.HeadQ headQ) {
            return headLoss(scope, pass, headQ, totals);
        }
        return softLoss(scope, pass, (Objective.SoftQ) objective, totals);
    }

    private NDArray headLoss(PtNDManager scope, Pass pass, Objective.HeadQ objective, FitTotals totals) {
        TokenBatch batch = pass.part().batch();
        int first = pass.part().first();
        float[][] targets = objective.targets().of(first, pass.readings());
        NDArray weights = weights(scope, pass.part(), objective.importance(), totals);
        NDList arguments = new NDList();
        for (PtNDArray q : qHeads(pass.outputs())) {
            q.setName("q[]");
            arguments.add(q);
        }
        arguments.addAll(new NDList(
                pass.logPi(),
                pass.values(),
                pass.rows().actions(),
                scope.create(Rows.join(targets, 0, targets.length)),
                joined(scope, objective.valueTargets(), pass.part()),
                weights,
                scope.create(Rows.spread(batch, objective.demonstration(), first))));
        NDArray loss = call(scope, objective.loss(), "q_loss", arguments);
        return loss.add(divergence(scope, pass, objective.loss(), weights, totals));
    }

    /** The loss's term of KL(π‖π₀); the divergence itself goes to the totals whatever it weighs. */
    private NDArray divergence(PtNDManager scope, Pass pass, TdLoss loss, NDArray weights, FitTotals totals) {
        NDList arguments = new NDList(pass.logPi(), pass.prior().get(0), weights);
        NDList divergence = script(loss).learn(scope, "divergence", arguments);
        totals.addDivergence(divergence.get(1).getFloat());
        return loss.klWeight() > 0 ? divergence.get(0) : scope.create(0f);
    }

    /** Importance over the number of actions, (N). */
    private static NDArray weights(PtNDManager scope, MicroBatch part, float[] importance, FitTotals totals) {
        float[] weight = Rows.spread(part.batch(), importance, part.first());
        for (int n = 0; n < weight.length; n++) {
            weight[n] /= totals.actionCount();
        }
        return scope.create(weight);
    }

    private NDArray softLoss(PtNDManager scope, Pass pass, Objective.SoftQ soft, FitTotals totals) {
        TokenBatch batch = pass.part().batch();
        int first = pass.part().first();
        float[][] targets = soft.targets().of(first, pass.readings());
        NDArray weights = weights(scope, pass.part(), soft.importance(), totals);
        NDList arguments = new NDList(
                pass.logPi(),
                pass.values(),
                pass.rows().actions(),
                joined(scope, soft.priorLogProbs(), pass.part()),
                scope.create(Rows.join(targets, 0, targets.length)),
                weights,
                scope.create(Rows.spread(batch, soft.demonstration(), first)));
        NDArray loss = call(scope, soft.loss(), "soft", arguments);
        return loss.add(divergence(scope, pass, soft.loss(), weights, totals));
    }

    private static NDArray joined(PtNDManager scope, float[][] bySequence, MicroBatch part) {
        return scope.create(
                Rows.join(bySequence, part.first(), part.first() + part.batch().size()));
    }

    private NDArray call(PtNDManager scope, TdLoss loss, String method, NDList arguments) {
        return script(loss).learn(scope, method, arguments).get(0);
    }

    private Script script(TdLoss loss) {
        return losses.computeIfAbsent(
                loss, absent -> network.device().scripts().open("td", "Td", absent.scriptAttributes()));
    }

    /** Moves the weights by the accumulated gradient; returns its norm. */
    double update(LearningRates rates) {
        updates++;
        List<PtNDArray> first = byLane.get(0).trainable(name -> true);
        for (Weights ofLane : byLane.subList(1, byLane.size())) {
            optimiser.addGradients(first, ofLane.trainable(name -> true));
        }
        List<Group> groups = List.of(
                new Group(network.modelWeights(), rates.model()), new Group(network.valueWeights(), rates.value()));
        return optimiser.step(groups, rates.maxGradientNorm());
    }

    @Override
    public void close() {
        losses.values().forEach(Script::close);
        byLane.subList(1, byLane.size()).forEach(Weights::close);
        optimiser.close();
        manager.close();
    }
}
