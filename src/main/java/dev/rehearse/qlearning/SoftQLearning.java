package dev.rehearse.qlearning;

import dev.rehearse.networks.Objective;
import dev.rehearse.networks.Readings;
import dev.rehearse.networks.SoftQLoss;

/**
 * Q(s, a) = V(s) + α·(log π(a|s) − log π₀(a|s)): dueling deep Q-learning (Mnih et al. 2015; Wang et al. 2016) whose
 * advantage stream is the language model itself, so that the soft-max backup over the vocabulary is V(s) identically.
 *
 * <p>Deviation: V and the policy each learn from the same error with the other held fixed.
 */
final class SoftQLearning implements Rule {
    private final Learner.Networks networks;
    private final Backup backup;
    private final SoftQLoss loss;

    SoftQLearning(Learner.Networks networks, Hyperparameters hyperparameters) {
        this.networks = networks;
        backup = hyperparameters.backup();
        loss = new SoftQLoss(
                hyperparameters.get(Hyperparameter.ALPHA),
                hyperparameters.huberDelta(),
                hyperparameters.get(Hyperparameter.VALUE_WEIGHT),
                hyperparameters.get(Hyperparameter.KL_WEIGHT),
                hyperparameters.get(Hyperparameter.BC_WEIGHT));
    }

    @Override
    public Objective objective(Sequences drawn, float[][] targets) {
        Readings bootstrap = networks.target().read(drawn.tokens());
        return new Objective.SoftQ(
                (first, readings) -> targets(drawn, bootstrap, first, readings, targets),
                drawn.priorLogProbs(),
                drawn.importance(),
                drawn.demonstration(),
                networks.prior(),
                loss);
    }

    /** Targets of the sequences from {@code first} on; they are also kept in {@code all}. */
    private float[][] targets(Sequences drawn, Readings bootstrap, int first, Readings readings, float[][] all) {
        float[][] part = new float[readings.logProbs().length][];
        for (int b = 0; b < part.length; b++) {
            int episode = first + b;
            part[b] = TdTargets.soft(
                    drawn.rewards()[episode],
                    drawn.discounts()[episode],
                    bootstrap.values()[episode],
                    drawn.logRatios(episode, readings.logProbs()[b]),
                    loss.alpha(),
                    backup);
            all[episode] = part[b];
        }
        return part;
    }

    @Override
    public float[][] qValues(float[][] priorLogProbs, Readings readings) {
        float[][] q = new float[priorLogProbs.length][];
        for (int b = 0; b < q.length; b++) {
            q[b] = new float[priorLogProbs[b].length];
            for (int k = 0; k < q[b].length; k++) {
                float logRatio = readings.logProbs()[b][k] - priorLogProbs[b][k];
                q[b][k] = (float) (readings.values()[b][k] + loss.alpha() * logRatio);
            }
        }
        return q;
    }
}
