package dev.rehearse.qlearning;

import dev.rehearse.networks.Objective;
import dev.rehearse.networks.QLoss;
import dev.rehearse.networks.Readings;

/**
 * Implicit language Q-learning (Snell et al. 2023, "Offline RL for Natural Language Generation with Implicit Language
 * Q-Learning"): {@code y = r + γ·V(s')} for twin Q heads, and V the expectile τ of the target network's smaller Q, so
 * that no action is ever valued that was not seen.
 *
 * <p>Deviations: 1. one trunk, with V, both Q and the language model. 2. Cloning is of demonstrations only.
 */
final class ImplicitQLearning implements Rule {
    private final Learner.Networks networks;
    private final Backup backup;
    private final QLoss loss;

    ImplicitQLearning(Learner.Networks networks, Hyperparameters hyperparameters) {
        this.networks = networks;
        backup = hyperparameters.backup();
        loss = new QLoss(
                hyperparameters.huberDelta(),
                hyperparameters.get(Hyperparameter.VALUE_WEIGHT),
                hyperparameters.get(Hyperparameter.EXPECTILE),
                hyperparameters.get(Hyperparameter.CQL_WEIGHT),
                hyperparameters.get(Hyperparameter.KL_WEIGHT),
                hyperparameters.get(Hyperparameter.BC_WEIGHT));
    }

    @Override
    public Objective objective(Sequences drawn, float[][] targets) {
        float[][] seen = networks.target().read(drawn.tokens()).qValues();
        return new Objective.HeadQ(
                (first, readings) -> targets(drawn, first, readings, targets),
                seen,
                drawn.importance(),
                drawn.demonstration(),
                networks.prior(),
                loss);
    }

    /** V is the learning network's own, as in the paper's code. */
    private float[][] targets(Sequences drawn, int first, Readings readings, float[][] all) {
        float[][] part = new float[readings.values().length][];
        for (int b = 0; b < part.length; b++) {
            int episode = first + b;
            part[b] =
                    TdTargets.hard(drawn.rewards()[episode], drawn.discounts()[episode], readings.values()[b], backup);
            all[episode] = part[b];
        }
        return part;
    }

    @Override
    public float[][] qValues(float[][] priorLogProbs, Readings readings) {
        return readings.qValues();
    }
}
