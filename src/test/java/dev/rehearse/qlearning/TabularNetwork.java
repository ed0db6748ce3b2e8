package dev.rehearse.qlearning;

import dev.rehearse.networks.Architecture;
import dev.rehearse.networks.Decoding;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.Fit;
import dev.rehearse.networks.LearningRates;
import dev.rehearse.networks.Objective;
import dev.rehearse.networks.QNetwork;
import dev.rehearse.networks.Readings;
import dev.rehearse.networks.SoftQLoss;
import dev.rehearse.networks.TokenBatch;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * A {@link QNetwork} of tables: a state is the tokens so far and has its own logits and its own V. The losses and where
 * their gradients stop are those of {@code td.py}, differentiated by hand. Confined to one thread.
 *
 * <p>Its optimiser divides the gradient of each state by the state's share of the batch, so that a state that is rarely
 * seen learns as fast as the others; where the gradient is 0 is not changed by that.
 */
final class TabularNetwork implements QNetwork {
    private final int vocabulary;
    /** Logits of a state that was never learned about. */
    private final Function<List<Integer>, double[]> start;

    private final Map<List<Integer>, State> states = new HashMap<>();
    private UnaryOperator<Readings> answering = UnaryOperator.identity();
    private BiFunction<TokenBatch, Objective, Objective> learning = (batch, objective) -> objective;

    TabularNetwork(int vocabulary, Function<List<Integer>, double[]> start) {
        this.vocabulary = vocabulary;
        this.start = start;
    }

    /** Logits (V) and V of one state. */
    private static final class State {
        private final double[] logits;
        private double value;

        State(double[] logits, double value) {
            this.logits = logits;
            this.value = value;
        }
    }

    /** Sums over a state's actions in a batch: dL/dlogits (V), dL/dV, and how many actions. */
    static final class Gradient {
        final double[] logits;
        double value;
        private int actions;

        Gradient(int vocabulary) {
            logits = new double[vocabulary];
        }
    }

    /** Breaks what {@link #read} says from now on. */
    void answering(UnaryOperator<Readings> distortion) {
        answering = distortion;
    }

    /** Breaks what {@link #fit} learns from now on. */
    void learning(BiFunction<TokenBatch, Objective, Objective> distortion) {
        learning = distortion;
    }

    private State state(List<Integer> prefix) {
        return states.computeIfAbsent(
                prefix, absent -> new State(start.apply(absent).clone(), 0));
    }

    double[] logProbs(List<Integer> prefix) {
        double[] logits = state(prefix).logits;
        double most = Arrays.stream(logits).max().orElseThrow();
        double sum = Arrays.stream(logits).map(x -> Math.exp(x - most)).sum();
        return Arrays.stream(logits).map(x -> x - most - Math.log(sum)).toArray();
    }

    double value(List<Integer> prefix) {
        return state(prefix).value;
    }

    double[] logits(List<Integer> prefix) {
        return state(prefix).logits;
    }

    void setValue(List<Integer> prefix, double value) {
        state(prefix).value = value;
    }

    private static List<Integer> prefix(int[] tokens, int end) {
        return Arrays.stream(tokens, 0, end).boxed().toList();
    }

    @Override
    public Readings read(TokenBatch batch) {
        float[][] logProbs = new float[batch.size()][];
        float[][] values = new float[batch.size()][];
        for (int b = 0; b < batch.size(); b++) {
            int[] tokens = batch.tokens()[b];
            int[] actions = batch.actions()[b];
            logProbs[b] = new float[actions.length];
            values[b] = new float[actions.length + 1];
            for (int k = 0; k < actions.length; k++) {
                List<Integer> prefix = prefix(tokens, actions[k]);
                logProbs[b][k] = (float) logProbs(prefix)[tokens[actions[k]]];
                values[b][k] = (float) value(prefix);
            }
            values[b][actions.length] = (float) value(prefix(tokens, actions[actions.length - 1] + 1));
        }
        return answering.apply(new Readings(logProbs, values));
    }

    /** The loss and its gradient by state. */
    record Differentiated(double loss, Readings readings, Map<List<Integer>, Gradient> gradients) {}

    Differentiated differentiate(TokenBatch batch, Objective objective) {
        Readings readings = read(batch);
        Map<List<Integer>, Gradient> gradients = new HashMap<>();
        float[][] targets =
                objective instanceof Objective.SoftQ soft ? soft.targets().of(0, readings) : null;
        double loss = 0;
        for (int b = 0; b < batch.size(); b++) {
            for (int k = 0; k < batch.actions()[b].length; k++) {
                Action action = new Action(batch, b, k);
                Gradient gradient = gradients.computeIfAbsent(action.state(), absent -> new Gradient(vocabulary));
                gradient.actions++;
                double mean = 1.0 / batch.actionCount();
                if (objective instanceof Objective.SoftQ soft) {
                    loss += soft(action, soft, targets[b][k], soft.importance()[b] * mean, gradient);
                } else if (objective instanceof Objective.ValueRegression regression) {
                    double error = value(action.state()) - regression.returns()[b][k];
                    loss += mean * error * error / 2;
                    gradient.value += mean * error;
                } else {
                    loss -= mean * logProbs(action.state())[action.token()];
                    addLogProb(gradient, action, -mean);
                }
            }
        }
        return new Differentiated(loss, readings, gradients);
    }

    /** One action of a batch. */
    private record Action(TokenBatch batch, int b, int k) {
        int position() {
            return batch.actions()[b][k];
        }

        int token() {
            return batch.tokens()[b][position()];
        }

        List<Integer> state() {
            return prefix(batch.tokens()[b], position());
        }
    }

    private double soft(Action action, Objective.SoftQ soft, double target, double weight, Gradient gradient) {
        SoftQLoss loss = soft.loss();
        double logProb = logProbs(action.state())[action.token()];
        double ratio = loss.alpha() * (logProb - soft.priorLogProbs()[action.b()][action.k()]);
        double error = value(action.state()) + ratio - target;
        gradient.value += weight * loss.valueWeight() * slope(error, loss.huberDelta());
        addLogProb(gradient, action, weight * slope(error, loss.huberDelta()));
        double cloning = weight * loss.bcWeight() * soft.demonstration()[action.b()];
        addLogProb(gradient, action, -cloning);
        double distance = distance(error, loss.huberDelta());
        return weight * (loss.valueWeight() * distance + distance / loss.alpha())
                - cloning * logProb
                + weight
                        * loss.klWeight()
                        * divergence(action, (TabularNetwork) soft.prior(), weight * loss.klWeight(), gradient);
    }

    /** KL(π‖π₀) of the action's state; its gradient is π_v·(log π_v − log π₀_v − KL). */
    private double divergence(Action action, TabularNetwork prior, double weight, Gradient gradient) {
        double[] mine = logProbs(action.state());
        double[] theirs = prior.logProbs(action.state());
        double divergence = 0;
        for (int v = 0; v < vocabulary; v++) {
            divergence += Math.exp(mine[v]) * (mine[v] - theirs[v]);
        }
        for (int v = 0; v < vocabulary; v++) {
            gradient.logits[v] += weight * Math.exp(mine[v]) * (mine[v] - theirs[v] - divergence);
        }
        return divergence;
    }

    /** Adds the gradient of {@code by · log π(token)}. */
    private void addLogProb(Gradient gradient, Action action, double by) {
        double[] logProbs = logProbs(action.state());
        for (int v = 0; v < vocabulary; v++) {
            gradient.logits[v] += by * ((v == action.token() ? 1 : 0) - Math.exp(logProbs[v]));
        }
    }

    private static double distance(double error, double delta) {
        return delta > 0 && Math.abs(error) > delta ? delta * (Math.abs(error) - delta / 2) : error * error / 2;
    }

    private static double slope(double error, double delta) {
        return delta > 0 ? Math.max(-delta, Math.min(delta, error)) : error;
    }

    @Override
    public Fit fit(TokenBatch batch, Objective objective, LearningRates rates) {
        Differentiated step = differentiate(batch, learning.apply(batch, objective));
        double squares = 0;
        for (Map.Entry<List<Integer>, Gradient> entry : step.gradients().entrySet()) {
            State state = state(entry.getKey());
            Gradient gradient = entry.getValue();
            double share = gradient.actions / (double) batch.actionCount();
            squares += gradient.value * gradient.value;
            state.value -= rates.value() * gradient.value / share;
            for (int v = 0; v < vocabulary; v++) {
                squares += gradient.logits[v] * gradient.logits[v];
                state.logits[v] -= rates.model() * gradient.logits[v] / share;
            }
        }
        return new Fit(step.loss(), Math.sqrt(squares), step.readings(), 0, 0);
    }

    @Override
    public void blend(QNetwork other, double share) {
        TabularNetwork from = (TabularNetwork) other;
        from.states.forEach((prefix, theirs) -> {
            State mine = state(prefix);
            mine.value += share * (theirs.value - mine.value);
            for (int v = 0; v < vocabulary; v++) {
                mine.logits[v] += share * (theirs.logits[v] - mine.logits[v]);
            }
        });
    }

    @Override
    public TabularNetwork copy() {
        TabularNetwork copy = new TabularNetwork(vocabulary, start);
        copy.blend(this, 1);
        return copy;
    }

    @Override
    public void resetValue(double bias) {
        states.values().forEach(state -> state.value = bias);
    }

    @Override
    public Architecture architecture() {
        throw new UnsupportedOperationException("a table has no architecture");
    }

    @Override
    public Decoding decoding(int slots, int capacity, Device.Priority priority) {
        throw new UnsupportedOperationException("a table does not generate");
    }

    @Override
    public void save(Path directory) {
        throw new UnsupportedOperationException("a table is not stored");
    }

    @Override
    public void close() {}
}
