package dev.rehearse.qlearning;

import dev.rehearse.networks.Fit;
import dev.rehearse.networks.LearningRates;
import dev.rehearse.networks.Objective;
import dev.rehearse.networks.QNetwork;
import dev.rehearse.networks.Readings;
import dev.rehearse.qlearning.Algorithm.Choice;
import dev.rehearse.qlearning.Hyperparameters.Draws;
import dev.rehearse.qlearning.Hyperparameters.TargetSync;
import dev.rehearse.replay.Batch;
import dev.rehearse.replay.ReplayMemory;
import dev.rehearse.replay.Sampling;

/**
 * Deep Q-learning from replayed experience (Mnih et al. 2015, algorithm 1), one update at a time: draw, targets, fit,
 * re-prioritise, sync. What the targets are is the {@link Rule} of the algorithm. Confined to one thread.
 *
 * <p>Deviation: rewards are divided by their standard deviation over the first {@code learning_starts} episodes, so that
 * α and the rates mean the same for every grader; it is then held fixed, as a scale that moves would move every target
 * with it.
 */
public final class Learner {
    private final Networks networks;
    private final ReplayMemory memory;
    private final Hyperparameters hyperparameters;
    private final Batch batch;
    private final Rule rule;
    private final double rewardScale;
    private final int totalSteps;
    private final int valueSteps;
    private int steps;

    /**
     * The four copies of one network.
     *
     * @param policy what learns and chooses
     * @param target what targets bootstrap from
     * @param prior π₀, frozen
     * @param average what is evaluated and served
     */
    public record Networks(QNetwork policy, QNetwork target, QNetwork prior, QNetwork average) {}

    /**
     * @param batchSize episodes per update
     * @param totalSteps updates until the end, for the schedules
     * @param rewardScale standard deviation of the reward, above 0
     */
    public Learner(
            Networks networks,
            ReplayMemory memory,
            Hyperparameters hyperparameters,
            int batchSize,
            int totalSteps,
            double rewardScale) {
        this.networks = networks;
        this.memory = memory;
        this.hyperparameters = hyperparameters;
        this.totalSteps = totalSteps;
        this.rewardScale = rewardScale;
        valueSteps = hyperparameters.valueWarmupSteps(totalSteps);
        batch = new Batch(batchSize);
        rule = Rule.of(networks, hyperparameters);
    }

    /** Makes one update. */
    public Update update() {
        memory.draw(batch, steps, importanceExponent());
        Sequences drawn = Sequences.of(batch, rewardScale);
        Update update = steps < valueSteps ? learnValue(drawn) : learn(drawn);
        sync();
        steps++;
        return update;
    }

    /** Updates of V alone towards Monte-Carlo returns: a policy must not learn from a V that knows nothing yet. */
    private Update learnValue(Sequences drawn) {
        float[][] returns = drawn.returns();
        Objective objective = new Objective.ValueRegression(returns);
        Fit fit = networks.policy().fit(drawn.tokens(), objective, rates(0));
        return Update.of(fit, rule.qValues(drawn.priorLogProbs(), fit.readings()), returns, drawn, batch);
    }

    private Update learn(Sequences drawn) {
        float[][] targets = new float[drawn.size()][];
        Objective objective = rule.objective(drawn, targets);
        Fit fit = networks.policy().fit(drawn.tokens(), objective, rates(modelRate()));
        Update update = Update.of(fit, rule.qValues(drawn.priorLogProbs(), fit.readings()), targets, drawn, batch);
        if (hyperparameters.draws() == Draws.PRIORITIZED) {
            memory.updatePriorities(batch, update.errors());
        }
        return update;
    }

    /** The target bootstraps from a V that knows nothing until V's warm-up ends: then it takes over what V learned. */
    private void sync() {
        if (hyperparameters.algorithm().reads(Choice.TARGET)) {
            syncTarget();
        }
        networks.average().blend(networks.policy(), 1 - hyperparameters.get(Hyperparameter.WEIGHT_AVERAGE));
    }

    private void syncTarget() {
        if (steps + 1 == valueSteps) {
            networks.target().blend(networks.policy(), 1);
        } else if (hyperparameters.targetSync() == TargetSync.EMA) {
            networks.target().blend(networks.policy(), hyperparameters.get(Hyperparameter.TARGET_TAU));
        } else if ((steps + 1) % hyperparameters.count(Hyperparameter.TARGET_INTERVAL) == 0) {
            networks.target().blend(networks.policy(), 1);
        }
    }

    private LearningRates rates(double model) {
        double value = rate(Hyperparameter.VALUE_LEARNING_RATE, steps, totalSteps);
        return new LearningRates(model, value, hyperparameters.get(Hyperparameter.MAX_GRAD_NORM));
    }

    /**
     * What the averaged network, which is evaluated and served, says of actions, in units of the reward.
     *
     * @param values (B, A_b) V of each action's state
     * @param qValues (B, A_b)
     */
    public record Valuation(float[][] values, float[][] qValues) {}

    /**
     * Values actions that need not be in the memory.
     *
     * @param priorLogProbs (B, A_b) log π₀ of them
     * @param readings what the averaged network said of them
     */
    public Valuation value(float[][] priorLogProbs, Readings readings) {
        return new Valuation(scaled(readings.values()), scaled(rule.qValues(priorLogProbs, readings)));
    }

    private float[][] scaled(float[][] values) {
        float[][] scaled = new float[values.length][];
        for (int b = 0; b < values.length; b++) {
            scaled[b] = new float[values[b].length];
            for (int k = 0; k < scaled[b].length; k++) {
                scaled[b][k] = (float) (values[b][k] * rewardScale);
            }
        }
        return scaled;
    }

    /** Current learning rate of the model; its own warm-up begins when V's is over. */
    public double modelRate() {
        if (steps < valueSteps || !hyperparameters.movesModel()) {
            return 0;
        }
        return rate(Hyperparameter.LEARNING_RATE, steps - valueSteps, totalSteps - valueSteps);
    }

    private double rate(Hyperparameter peak, int step, int total) {
        int warmup = hyperparameters.count(Hyperparameter.WARMUP_STEPS);
        return new Schedule.WarmupCosine(hyperparameters.get(peak), warmup, total, 0.1).at(step);
    }

    private double importanceExponent() {
        return memory.settings().sampling() instanceof Sampling.Prioritized prioritized
                ? prioritized.beta(steps / (double) totalSteps)
                : 0;
    }

    /** Goes on as if so many updates had been made; networks and memory are what these left. */
    public void resumeAfter(int updates) {
        steps = updates;
    }

    public double rewardScale() {
        return rewardScale;
    }

    public int steps() {
        return steps;
    }
}
