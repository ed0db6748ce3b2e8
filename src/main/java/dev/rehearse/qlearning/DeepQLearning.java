package dev.rehearse.qlearning;

import dev.rehearse.networks.Objective;
import dev.rehearse.networks.QLoss;
import dev.rehearse.networks.QNetwork;
import dev.rehearse.networks.Readings;
import dev.rehearse.networks.Support;
import dev.rehearse.qlearning.Hyperparameters.Maximum;
import java.util.Arrays;

/**
 * Deep Q-learning with a Q head over the vocabulary: {@code y = r + γ·Q_target(s', arg max Q(s', a))} (Mnih et al. 2015;
 * double: van Hasselt, Guez and Silver 2016, eq. 4).
 *
 * <p>Deviation: the maximum is over the prior's support, never over a whole vocabulary of noisy numbers.
 */
final class DeepQLearning implements Rule {
    private final Learner.Networks networks;
    private final Backup backup;
    private final QNetwork chooser;
    private final Support support;
    private final QLoss loss;

    DeepQLearning(Learner.Networks networks, Hyperparameters hyperparameters) {
        this.networks = networks;
        backup = hyperparameters.backup();
        chooser = hyperparameters.form().maximum() == Maximum.DOUBLE ? networks.policy() : networks.target();
        support = new Support(networks.prior(), hyperparameters.get(Hyperparameter.SUPPORT_MASK));
        loss = new QLoss(
                hyperparameters.huberDelta(),
                0,
                0.5,
                0,
                hyperparameters.get(Hyperparameter.KL_WEIGHT),
                hyperparameters.get(Hyperparameter.BC_WEIGHT));
    }

    @Override
    public Objective objective(Sequences drawn, float[][] targets) {
        float[][] best = networks.target().bestValues(drawn.tokens(), chooser, support);
        Arrays.setAll(targets, b -> TdTargets.hard(drawn.rewards()[b], drawn.discounts()[b], best[b], backup));
        return new Objective.HeadQ(
                (first, readings) -> Arrays.copyOfRange(targets, first, first + readings.logProbs().length),
                targets,
                drawn.importance(),
                drawn.demonstration(),
                networks.prior(),
                loss);
    }

    @Override
    public float[][] qValues(float[][] priorLogProbs, Readings readings) {
        return readings.qValues();
    }
}
