package dev.rehearse.qlearning;

import dev.rehearse.networks.NetworkOptions.ValueTrunk;
import java.util.EnumMap;
import java.util.Map;

/**
 * The settings of one run of Q-learning. Immutable.
 *
 * @param given what differs from the defaults of {@link Hyperparameter}
 */
public record Hyperparameters(
        Map<Hyperparameter, Double> given, Draws draws, TargetSync targetSync, Loss loss, ValueTrunk valueTrunk) {

    private static final double OFFLINE_KL_WEIGHT = 0.1;
    private static final double MULTI_TURN_GAMMA = 0.99;

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
        given = Map.copyOf(given);
    }

    public static Hyperparameters defaults() {
        return new Hyperparameters(
                new EnumMap<>(Hyperparameter.class), Draws.UNIFORM, TargetSync.EMA, Loss.MSE, ValueTrunk.STOPPED);
    }

    public double get(Hyperparameter parameter) {
        return given.getOrDefault(parameter, parameter.defaultValue());
    }

    public int count(Hyperparameter parameter) {
        return (int) get(parameter);
    }

    /** First updates of a run that are of V alone: at most half, so that a short run still moves its policy. */
    public int valueWarmupSteps(int totalSteps) {
        return Math.min(count(Hyperparameter.VALUE_WARMUP_STEPS), totalSteps / 2);
    }

    /** The same settings for a run that plays nothing: the defaults that differ there. */
    public Hyperparameters offline() {
        return withDefault(Hyperparameter.KL_WEIGHT, OFFLINE_KL_WEIGHT);
    }

    /** The same settings for episodes of several replies: the defaults that differ there. */
    public Hyperparameters multiTurn() {
        return withDefault(Hyperparameter.GAMMA, MULTI_TURN_GAMMA);
    }

    private Hyperparameters withDefault(Hyperparameter parameter, double value) {
        return given.containsKey(parameter) ? this : with(parameter, value);
    }

    /** The same settings with one number changed. */
    public Hyperparameters with(Hyperparameter parameter, double value) {
        Map<Hyperparameter, Double> changed = new EnumMap<>(Hyperparameter.class);
        changed.putAll(given);
        changed.put(parameter, value);
        return new Hyperparameters(changed, draws, targetSync, loss, valueTrunk);
    }
}
