package dev.rehearse.qlearning;

import dev.rehearse.networks.Objective;
import dev.rehearse.networks.QLoss;
import dev.rehearse.networks.Readings;
import java.util.Arrays;

/**
 * Q and V of the behaviour that filled the memory, regressed on the return that followed each action: the Monte-Carlo
 * baseline of Abdulhai et al. 2023, "LMRL Gym". It bootstraps from nothing, so it needs no target network.
 */
final class MonteCarlo implements Rule {
    private final Learner.Networks networks;
    private final QLoss loss;

    MonteCarlo(Learner.Networks networks, Hyperparameters hyperparameters) {
        this.networks = networks;
        loss = new QLoss(
                hyperparameters.huberDelta(),
                hyperparameters.get(Hyperparameter.VALUE_WEIGHT),
                0.5,
                hyperparameters.get(Hyperparameter.CQL_WEIGHT),
                hyperparameters.get(Hyperparameter.KL_WEIGHT),
                hyperparameters.get(Hyperparameter.BC_WEIGHT));
    }

    @Override
    public Objective objective(Sequences drawn, float[][] targets) {
        float[][] returns = drawn.returns();
        System.arraycopy(returns, 0, targets, 0, returns.length);
        return new Objective.HeadQ(
                (first, readings) -> Arrays.copyOfRange(returns, first, first + readings.logProbs().length),
                returns,
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
