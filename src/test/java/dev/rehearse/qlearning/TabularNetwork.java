package dev.rehearse.qlearning;

import dev.rehearse.networks.Architecture;
import dev.rehearse.networks.Decoding;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.Fit;
import dev.rehearse.networks.LearningRates;
import dev.rehearse.networks.Objective;
import dev.rehearse.networks.QLoss;
import dev.rehearse.networks.QNetwork;
import dev.rehearse.networks.Readings;
import dev.rehearse.networks.SoftQLoss;
import dev.rehearse.networks.Support;
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

    /** Q tables of each state: none, one, or twins. */
    private final int qHeads;

    private final Map<List<Integer>, State> states = new HashMap<>();
    /** Of the latest {@link #fit}. */
    LearningRates rates = new LearningRates(0, 0, 0);

    private UnaryOperator<Readings> answering = UnaryOperator.identity();
    private UnaryOperator<float[][]> valuing = UnaryOperator.identity();
    private BiFunction<TokenBatch, Objective, Objective> learning = (batch, objective) -> objective;

    TabularNetwork(int vocabulary, Function<List<Integer>, double[]> start) {
        this(vocabulary, start, 0);
    }

    private TabularNetwork(int vocabulary, Function<List<Integer>, double[]> start, int qHeads) {
        this.vocabulary = vocabulary;
        this.start = start;
        this.qHeads = qHeads;
    }

    /** The same policy with Q tables of zeros beside it. */
    TabularNetwork withQ(int heads) {
        return new TabularNetwork(vocabulary, start, heads);
    }

    /** Logits (V), V and Q (heads, V) of one state. */
    private static final class State {
        private final double[] logits;
        private final double[][] q;
        private double value;

        State(double[] logits, double[][] q) {
            this.logits = logits;
            this.q = q;
        }
    }

    /** Sums over a state's actions in a batch: dL/dlogits (V), dL/dQ (heads, V), dL/dV, and how many actions. */
    static final class Gradient {
        final double[] logits;
        final double[][] q;
        double value;
        private int actions;

        Gradient(int vocabulary, int qHeads) {
            logits = new double[vocabulary];
            q = new double[qHeads][vocabulary];
        }
    }

    /** Breaks what {@link #read} says from now on. */
    void answering(UnaryOperator<Readings> distortion) {
        answering = distortion;
    }

    /** Breaks what {@link #bestValues} says from now on. */
    void valuing(UnaryOperator<float[][]> distortion) {
        valuing = distortion;
    }

    /** Breaks what {@link #fit} learns from now on. */
    void learning(BiFunction<TokenBatch, Objective, Objective> distortion) {
        learning = distortion;
    }

    private State state(List<Integer> prefix) {
        return states.computeIfAbsent(
                prefix, absent -> new State(start.apply(absent).clone(), new double[qHeads][vocabulary]));
    }

    double[] logProbs(List<Integer> prefix) {
        double[] logProbs = state(prefix).logits.clone();
        double logSum = logSum(logProbs);
        for (int v = 0; v < logProbs.length; v++) {
            logProbs[v] -= logSum;
        }
        return logProbs;
    }

    /** The logarithm of the sum of exponentials; in loops, for it is most of what these tests do. */
    private static double logSum(double[] numbers) {
        double most = Double.NEGATIVE_INFINITY;
        for (double number : numbers) {
            most = Math.max(most, number);
        }
        double sum = 0;
        for (double number : numbers) {
            sum += Math.exp(number - most);
        }
        return most + Math.log(sum);
    }

    double value(List<Integer> prefix) {
        return state(prefix).value;
    }

    /** (V) of twin tables the smaller. */
    double[] q(List<Integer> prefix) {
        double[] least = state(prefix).q[0].clone();
        for (double[] head : state(prefix).q) {
            Arrays.setAll(least, a -> Math.min(least[a], head[a]));
        }
        return least;
    }

    double[][] qTables(List<Integer> prefix) {
        return state(prefix).q;
    }

    double[] logits(List<Integer> prefix) {
        return state(prefix).logits;
    }

    void setValue(List<Integer> prefix, double value) {
        state(prefix).value = value;
    }

    private static List<Integer> prefix(int[] tokens, int end) {
        Integer[] state = new Integer[end];
        for (int i = 0; i < end; i++) {
            state[i] = tokens[i];
        }
        return Arrays.asList(state);
    }

    @Override
    public Readings read(TokenBatch batch) {
        float[][] logProbs = new float[batch.size()][];
        float[][] values = new float[batch.size()][];
        float[][] qValues = new float[batch.size()][];
        for (int b = 0; b < batch.size(); b++) {
            int[] tokens = batch.tokens()[b];
            int[] actions = batch.actions()[b];
            logProbs[b] = new float[actions.length];
            qValues[b] = new float[qHeads == 0 ? 0 : actions.length];
            values[b] = new float[actions.length + 1];
            for (int k = 0; k < actions.length; k++) {
                List<Integer> prefix = prefix(tokens, actions[k]);
                logProbs[b][k] = (float) logProbs(prefix)[tokens[actions[k]]];
                values[b][k] = (float) value(prefix);
                if (qHeads > 0) {
                    qValues[b][k] = (float) q(prefix)[tokens[actions[k]]];
                }
            }
            values[b][actions.length] = (float) value(prefix(tokens, tokens.length));
        }
        return answering.apply(new Readings(logProbs, values, qValues));
    }

    @Override
    public float[][] bestValues(TokenBatch batch, QNetwork chooser, Support support) {
        float[][] values = new float[batch.size()][];
        for (int b = 0; b < values.length; b++) {
            int[] tokens = batch.tokens()[b];
            int[] actions = batch.actions()[b];
            values[b] = new float[actions.length + 1];
            for (int k = 0; k < values[b].length; k++) {
                List<Integer> prefix = prefix(tokens, k < actions.length ? actions[k] : tokens.length);
                values[b][k] = (float) q(prefix)[best(prefix, (TabularNetwork) chooser, support)];
            }
        }
        return valuing.apply(values);
    }

    private static int best(List<Integer> prefix, TabularNetwork chooser, Support support) {
        double[] prior = ((TabularNetwork) support.prior()).logProbs(prefix);
        double floor = Arrays.stream(prior).max().orElseThrow() + Math.log(support.share());
        double[] q = chooser.q(prefix);
        int best = -1;
        for (int a = 0; a < q.length; a++) {
            if (prior[a] >= floor && (best < 0 || q[a] > q[best])) {
                best = a;
            }
        }
        return best;
    }

    /** The loss and its gradient by state. */
    record Differentiated(double loss, Readings readings, Map<List<Integer>, Gradient> gradients) {}

    Differentiated differentiate(TokenBatch batch, Objective objective) {
        Readings readings = read(batch);
        Map<List<Integer>, Gradient> gradients = new HashMap<>();
        float[][] targets = targets(objective, readings);
        double mean = 1.0 / batch.actionCount();
        double loss = 0;
        for (int b = 0; b < batch.size(); b++) {
            for (int k = 0; k < batch.actions()[b].length; k++) {
                Action action = new Action(batch, b, k);
                Gradient gradient =
                        gradients.computeIfAbsent(action.state(), absent -> new Gradient(vocabulary, qHeads));
                gradient.actions++;
                if (objective instanceof Objective.SoftQ soft) {
                    loss += soft(action, soft, targets[b][k], soft.importance()[b] * mean, gradient);
                } else if (objective instanceof Objective.HeadQ headQ) {
                    loss += headQ(action, headQ, targets[b][k], headQ.importance()[b] * mean, gradient);
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

    private static float[][] targets(Objective objective, Readings readings) {
        if (objective instanceof Objective.HeadQ headQ) {
            return headQ.targets().of(0, readings);
        }
        return objective instanceof Objective.SoftQ soft ? soft.targets().of(0, readings) : new float[0][];
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

    private double headQ(Action action, Objective.HeadQ objective, double target, double weight, Gradient gradient) {
        QLoss loss = objective.loss();
        double sum = 0;
        for (int head = 0; head < qHeads; head++) {
            double[] q = state(action.state()).q[head];
            double error = q[action.token()] - target;
            double logSum = logSum(q);
            sum += distance(error, loss.huberDelta()) + loss.cqlWeight() * (logSum - q[action.token()]);
            gradient.q[head][action.token()] += weight * (slope(error, loss.huberDelta()) - loss.cqlWeight());
            for (int a = 0; a < vocabulary; a++) {
                gradient.q[head][a] += weight * loss.cqlWeight() * Math.exp(q[a] - logSum);
            }
        }
        double gap = objective.valueTargets()[action.b()][action.k()] - value(action.state());
        double side = loss.valueWeight() * (gap < 0 ? 1 - loss.expectile() : loss.expectile());
        gradient.value -= weight * side * 2 * gap;
        double divergence = divergence(action, (TabularNetwork) objective.prior(), weight * loss.klWeight(), gradient);
        return weight * (sum + side * gap * gap + loss.klWeight() * divergence);
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
    public float[][] embed(int[][] sequences) {
        throw new UnsupportedOperationException("a table has no hidden states");
    }

    @Override
    public Fit fit(TokenBatch batch, Objective objective, LearningRates given) {
        rates = given;
        Differentiated step = differentiate(batch, learning.apply(batch, objective));
        double actions = batch.actionCount();
        double squares = 0;
        for (Map.Entry<List<Integer>, Gradient> entry : step.gradients().entrySet()) {
            State state = state(entry.getKey());
            Gradient gradient = entry.getValue();
            double share = gradient.actions / actions;
            squares += gradient.value * gradient.value;
            state.value -= rates.value() * gradient.value / share;
            for (int v = 0; v < vocabulary; v++) {
                squares += gradient.logits[v] * gradient.logits[v];
                state.logits[v] -= rates.model() * gradient.logits[v] / share;
                for (int head = 0; head < qHeads; head++) {
                    state.q[head][v] -= rates.value() * gradient.q[head][v] / share;
                }
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
                for (int head = 0; head < qHeads; head++) {
                    mine.q[head][v] += share * (theirs.q[head][v] - mine.q[head][v]);
                }
            }
        });
    }

    @Override
    public TabularNetwork copy() {
        TabularNetwork copy = new TabularNetwork(vocabulary, start, qHeads);
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
