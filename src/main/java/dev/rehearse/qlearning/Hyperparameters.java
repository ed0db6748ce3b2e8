package dev.rehearse.qlearning;

import dev.rehearse.networks.Heads;
import dev.rehearse.networks.Heads.Kind;
import dev.rehearse.networks.NetworkOptions.ValueTrunk;
import java.util.EnumMap;
import java.util.Map;

/**
 * The settings of one run of Q-learning. Immutable.
 *
 * @param given what differs from the defaults of {@link Hyperparameter}
 */
public record Hyperparameters(
        Form form,
        Map<Hyperparameter, Double> given,
        Draws draws,
        TargetSync targetSync,
        Loss loss,
        ValueTrunk valueTrunk) {

    /**
     * The algorithm; maximum and streams are of {@code dqn} alone.
     *
     * @param maximum whose arg max the target network values
     * @param streams what the Q head is made of
     */
    public record Form(Algorithm algorithm, Maximum maximum, Streams streams) {
        /** The algorithm in its usual form. */
        public static Form of(Algorithm algorithm) {
            return new Form(algorithm, Maximum.DOUBLE, Streams.DUELING);
        }
    }

    /** Whose arg max a target takes: the learning network's, or the target network's own. */
    public enum Maximum {
        DOUBLE,
        SINGLE
    }

    /** Q as one head, or as V + A − mean A. */
    public enum Streams {
        DUELING,
        SINGLE
    }

    /** How episodes are drawn from the replay memory. */
    public enum Draws {
        UNIFORM,
        PRIORITIZED
    }

    /** How the target network follows. */
    public enum TargetSync {
        EMA,
        HARD
    }

    /** Distance between Q and its target. */
    public enum Loss {
        MSE,
        HUBER
    }

    public Hyperparameters {
        given.forEach(Hyperparameter::check);
        for (Hyperparameter parameter : given.keySet()) {
            if (!form.algorithm().reads(parameter)) {
                throw new IllegalArgumentException(parameter.wireName() + " does not apply to "
                        + form.algorithm().wireName() + "; it belongs to " + Algorithm.readersOf(parameter));
            }
        }
        given = Map.copyOf(given);
    }

    public static Hyperparameters defaults() {
        return new Hyperparameters(
                Form.of(Algorithm.SOFT_DQN), Map.of(), Draws.UNIFORM, TargetSync.EMA, Loss.MSE, ValueTrunk.STOPPED);
    }

    public double get(Hyperparameter parameter) {
        return given.getOrDefault(parameter, parameter.defaultValue());
    }

    public int count(Hyperparameter parameter) {
        return (int) get(parameter);
    }

    public Algorithm algorithm() {
        return form.algorithm();
    }

    /** The value functions that the algorithm needs, and how they guide replies. */
    public Heads heads() {
        double support = get(Hyperparameter.SUPPORT_MASK);
        double beta = get(Hyperparameter.DECODE_BETA);
        return switch (algorithm()) {
            case SOFT_DQN -> Heads.valueOnly();
            case DQN -> new Heads(form.streams() == Streams.DUELING ? Kind.DUELING : Kind.Q, Heads.GREEDY, support);
            case ILQL -> new Heads(Kind.V_AND_TWIN_Q, beta, support);
            case MC -> new Heads(Kind.V_AND_Q, beta, support);
        };
    }

    /** Where the loss turns linear; 0 for squared error. */
    double huberDelta() {
        return loss == Loss.HUBER ? get(Hyperparameter.HUBER_DELTA) : 0;
    }

    /** λ-returns for {@code soft_dqn} and one step for the others, where nothing else is asked for. */
    Backup backup() {
        if (given.containsKey(Hyperparameter.N_STEP) || given.containsKey(Hyperparameter.TD_MIX)) {
            return new Backup.Steps(count(Hyperparameter.N_STEP), get(Hyperparameter.TD_MIX));
        }
        return new Backup.Lambda(algorithm() == Algorithm.SOFT_DQN ? get(Hyperparameter.LAMBDA) : 0);
    }

    /** First updates of a run that are of V alone: at most half, so that a short run still moves its policy. */
    public int valueWarmupSteps(int totalSteps) {
        int wished =
                algorithm().reads(Hyperparameter.VALUE_WARMUP_STEPS) ? count(Hyperparameter.VALUE_WARMUP_STEPS) : 0;
        return Math.min(wished, totalSteps / 2);
    }

    /** The same settings with one number changed. */
    public Hyperparameters with(Hyperparameter parameter, double value) {
        Map<Hyperparameter, Double> changed = new EnumMap<>(Hyperparameter.class);
        changed.putAll(given);
        changed.put(parameter, value);
        return new Hyperparameters(form, changed, draws, targetSync, loss, valueTrunk);
    }
}
