package dev.rehearse.qlearning;

import dev.rehearse.networks.Objective;
import dev.rehearse.networks.Readings;

/** What one algorithm makes of drawn sequences: the targets, and the loss that moves the network towards them. */
sealed interface Rule permits SoftQLearning, DeepQLearning, ImplicitQLearning, MonteCarlo {

    /**
     * The next update's objective.
     *
     * @param targets (B) where the targets are put once they are known, which may be during the fit
     */
    Objective objective(Sequences drawn, float[][] targets);

    /**
     * (B, A_b) Q of the taken actions.
     *
     * @param priorLogProbs (B, A_b) log π₀ of them
     * @param readings what a network said of them
     */
    float[][] qValues(float[][] priorLogProbs, Readings readings);

    static Rule of(Learner.Networks networks, Hyperparameters hyperparameters) {
        return switch (hyperparameters.algorithm()) {
            case SOFT_DQN -> new SoftQLearning(networks, hyperparameters);
            case DQN -> new DeepQLearning(networks, hyperparameters);
            case ILQL -> new ImplicitQLearning(networks, hyperparameters);
            case MC -> new MonteCarlo(networks, hyperparameters);
        };
    }
}
