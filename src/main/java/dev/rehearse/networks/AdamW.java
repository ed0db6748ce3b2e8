package dev.rehearse.networks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Optimiser of one network's weights: clipping by global norm, then AdamW; its state is plain tensors.
 *
 * <p>DJL's own Adam moves four times the bytes and hides its state. Confined to the device's thread.
 */
final class AdamW implements AutoCloseable {
    static final Map<String, Object> SETTINGS =
            Map.of("beta1", 0.9, "beta2", 0.95, "epsilon", 1e-8, "weight_decay", 0.0);

    private final PtNDManager manager;
    private final Script script;
    /** By identity: an NDArray equals any other of the same content, as fresh biases of one shape are. */
    private final IdentityHashMap<PtNDArray, State> states = new IdentityHashMap<>();

    AdamW(Device device) {
        manager = (PtNDManager) device.manager().newSubManager();
        script = device.scripts().open("adamw", "AdamW", SETTINGS);
    }

    /** First and second moment, and the number of the next step as a scalar. */
    record State(PtNDArray mean, PtNDArray square, PtNDArray step) {}

    /** Weights that are updated together with one learning rate. */
    record Group(List<PtNDArray> weights, double learningRate) {}

    /**
     * Clips the joint gradient of the groups whose rate is not 0 to {@code maxNorm} and updates them.
     *
     * @return the norm before clipping
     */
    double step(List<Group> groups, double maxNorm) {
        try (PtNDManager scope = (PtNDManager) manager.newSubManager()) {
            List<PtNDArray> all = new ArrayList<>();
            List<Active> active = new ArrayList<>();
            for (Group group : groups) {
                if (group.learningRate() > 0) {
                    Active members = Active.of(group, scope);
                    active.add(members);
                    all.addAll(members.gradients());
                }
            }
            double norm = clip(all, maxNorm, scope);
            active.stream().filter(members -> !members.weights().isEmpty()).forEach(this::update);
            return norm;
        }
    }

    /** The weights of a group that took part in the loss, with their gradients. */
    private record Active(List<PtNDArray> weights, List<PtNDArray> gradients, double learningRate) {
        static Active of(Group group, PtNDManager scope) {
            List<PtNDArray> weights = new ArrayList<>();
            List<PtNDArray> gradients = new ArrayList<>();
            for (PtNDArray weight : group.weights()) {
                PtNDArray gradient = gradient(weight, scope);
                if (gradient != null) {
                    weights.add(weight);
                    gradients.add(gradient);
                }
            }
            return new Active(weights, gradients, group.learningRate());
        }
    }

    private double clip(List<PtNDArray> gradients, double maxNorm, PtNDManager scope) {
        if (gradients.isEmpty()) {
            return 0;
        }
        try (IValue list = Weights.list(gradients);
                IValue limit = IValue.from(maxNorm);
                IValue norm = script.infer("clip", list, limit)) {
            return norm.toTensor(scope).getFloat();
        }
    }

    private void update(Active active) {
        List<State> state = active.weights().stream().map(this::state).toList();
        try (IValue weights = Weights.list(active.weights());
                IValue gradients = Weights.list(active.gradients());
                IValue means = Weights.list(state.stream().map(State::mean).toList());
                IValue squares = Weights.list(state.stream().map(State::square).toList());
                IValue steps = Weights.list(state.stream().map(State::step).toList());
                IValue rate = IValue.from(active.learningRate())) {
            script.infer("step", weights, gradients, means, squares, steps, rate)
                    .close();
        }
    }

    /** Whether the weight took part in an update. */
    boolean hasMoved(PtNDArray weight) {
        return states.containsKey(weight);
    }

    /** As before the first update where there was none. */
    State state(PtNDArray weight) {
        return states.computeIfAbsent(weight, absent -> new State(zeros(absent), zeros(absent), one()));
    }

    private PtNDArray zeros(NDArray like) {
        return (PtNDArray) manager.zeros(like.getShape());
    }

    /** The count starts at 1: the fused kernel divides by 1 - beta^step. */
    private PtNDArray one() {
        return (PtNDArray) manager.ones(new Shape());
    }

    private static @Nullable PtNDArray gradient(PtNDArray weight, PtNDManager scope) {
        @Nullable PtNDArray gradient = JniUtils.getGradient(weight);
        if (gradient != null) {
            gradient.attach(scope);
        }
        return gradient;
    }

    /** Adds the others' gradients to those of the weights; both in the same order. */
    void addGradients(List<PtNDArray> weights, List<PtNDArray> others) {
        try (PtNDManager scope = (PtNDManager) manager.newSubManager()) {
            List<PtNDArray> sums = new ArrayList<>();
            List<PtNDArray> added = new ArrayList<>();
            for (int i = 0; i < weights.size(); i++) {
                PtNDArray sum = gradient(weights.get(i), scope);
                PtNDArray other = gradient(others.get(i), scope);
                if (sum != null && other != null) {
                    sums.add(sum);
                    added.add(other);
                }
            }
            if (!added.isEmpty()) {
                try (IValue to = Weights.list(sums);
                        IValue from = Weights.list(added)) {
                    script.infer("add", to, from).close();
                }
            }
        }
    }

    /** {@code averages += share · (weights − averages)}, in place. */
    void blend(List<PtNDArray> averages, List<PtNDArray> weights, double share) {
        try (IValue to = Weights.list(averages);
                IValue from = Weights.list(weights);
                IValue by = IValue.from(share)) {
            script.infer("blend", to, from, by).close();
        }
    }

    /** Copies numbers to the bit, the sign of zeros too. */
    void copy(PtNDArray to, PtNDArray from) {
        try (IValue target = Weights.list(List.of(to));
                IValue source = Weights.list(List.of(from))) {
            script.infer("copy", target, source).close();
        }
    }

    @Override
    public void close() {
        script.close();
        manager.close();
    }
}
