package dev.rehearse.training;

import dev.rehearse.generation.Generator;
import dev.rehearse.generation.Generator.Behaviour;
import dev.rehearse.networks.Heads;
import dev.rehearse.networks.TorchNetwork;
import dev.rehearse.qlearning.Hyperparameter;
import dev.rehearse.qlearning.Hyperparameters;
import dev.rehearse.qlearning.Hyperparameters.Draws;
import dev.rehearse.qlearning.Learner;
import dev.rehearse.qlearning.Schedule;
import dev.rehearse.qlearning.Update;
import dev.rehearse.replay.Episode;
import dev.rehearse.replay.ReplayMemory;
import dev.rehearse.replay.ReplayRandom;
import dev.rehearse.replay.ReplaySettings;
import dev.rehearse.replay.Sampling;
import dev.rehearse.training.Play.Outcome;
import dev.rehearse.training.Play.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The loop of deep Q-learning with experience replay (Mnih et al. 2015, algorithm 1), on text: choose an action, perform
 * it, observe the reward, update the Q network from what the memory draws. Confined to the run's thread.
 */
final class FineTuning implements AutoCloseable {
    /** Of the exploring draw from π₀: flatter than the policy, but far from uniform over the vocabulary. */
    private static final double PRIOR_TEMPERATURE = 1.5;

    /** Below this rewards count as equal. */
    private static final double LEAST_DEVIATION = 1e-3;

    private final ReinforcementSettings settings;
    private final Hyperparameters hyperparameters;
    private final RunControl control;
    private final RolloutPlan plan;
    private final TorchNetwork policy;
    private final TorchNetwork prior;
    private final TorchNetwork target;
    private final TorchNetwork average;
    private final ReplayMemory memory;
    private final Play play;
    private final Behaving behaving;
    private final Evaluation evaluation;
    private final StepReport report;
    private final int totalSteps;
    private final List<Double> firstRewards = new ArrayList<>();
    private double meanReplyLength;
    private @Nullable Learner learner;

    FineTuning(
            RunSpec spec, Method.Reinforcement method, StartingModel start, RunControl control, LongSupplier nanoTime) {
        this.settings = method.settings();
        this.hyperparameters = settings.learning();
        this.control = control;
        // What may refuse the data or the settings comes before what holds native memory.
        plan = new RolloutPlan(spec, settings, start);
        totalSteps = plan.totalSteps();
        memory = new ReplayMemory(
                replaySettings(start.network().architecture().vocabularySize()),
                new ReplayRandom(spec.seed()),
                nanoTime);
        Heads heads = hyperparameters.heads();
        boolean fits = start.network().heads().equals(heads);
        policy = fits ? start.network() : start.network().withHeads(heads, spec.seed());
        prior = start.network().withHeads(Heads.valueOnly(), spec.seed());
        target = policy.copy();
        average = policy.copy();
        play = new Play(method.grader(), start.tokenizer(), nanoTime);
        behaving = new Behaving(policy, prior, plan);
        evaluation = new Evaluation(spec, start, control, play, plan, average);
        report = new StepReport(control, memory, play, nanoTime, totalSteps);
        meanReplyLength = plan.maxTokens() / 2.0;
    }

    private ReplaySettings replaySettings(int vocabularySize) {
        int capacity = hyperparameters.count(Hyperparameter.REPLAY_CAPACITY);
        Sampling sampling = hyperparameters.draws() == Draws.UNIFORM
                ? new Sampling.Uniform()
                : new Sampling.Prioritized(
                        hyperparameters.get(Hyperparameter.PRIORITY_ALPHA),
                        hyperparameters.get(Hyperparameter.PRIORITY_BETA));
        return new ReplaySettings(
                vocabularySize,
                new ReplaySettings.Bounds(capacity, Long.MAX_VALUE, settings.replayBytes()),
                sampling,
                0,
                new ReplaySettings.Reuse(hyperparameters.count(Hyperparameter.MAX_TIMES_SAMPLED), Integer.MAX_VALUE),
                new ReplaySettings.Pace(hyperparameters.get(Hyperparameter.REPLAY_RATIO), plan.learningStarts()));
    }

    RunResult run() {
        control.report(new Progress.Started(totalSteps, settings.openAiHyperparameters()));
        evaluation.start();
        while (steps() < totalSteps && evaluation.isWorthGoingOn()) {
            control.stopIfRequested();
            List<Task> prompts = plan.nextPrompts();
            List<Outcome> outcomes = play.play(behaving.generator(), prompts, behaviour());
            remember(outcomes);
            learn(outcomes);
        }
        return new RunResult(evaluation.best(), report.trainedTokens());
    }

    private int steps() {
        Learner running = learner;
        return running == null ? 0 : running.steps();
    }

    /** π mixed with π₀, so that a share ε of the replies has at least one exploring token. */
    private Behaviour behaviour() {
        return new Behaviour.Explore(
                epsilonPerToken(),
                hyperparameters.get(Hyperparameter.TEMPERATURE),
                PRIOR_TEMPERATURE,
                hyperparameters.count(Hyperparameter.TOP_K),
                plan.nextSeed());
    }

    private double epsilon() {
        int steps = (int) (hyperparameters.get(Hyperparameter.EPSILON_DECAY) * totalSteps);
        double start = hyperparameters.get(Hyperparameter.EPSILON_START);
        return new Schedule.Linear(start, hyperparameters.get(Hyperparameter.EPSILON_END), steps).at(steps());
    }

    /** ε_token = 1 − (1 − ε)^(1/T̄), T̄ the mean length of replies so far. */
    private double epsilonPerToken() {
        return 1 - Math.pow(1 - epsilon(), 1 / Math.max(1, meanReplyLength));
    }

    private void remember(List<Outcome> outcomes) {
        double gamma = hyperparameters.get(Hyperparameter.GAMMA);
        for (Episode episode : Experience.episodes(outcomes, prior, gamma, steps())) {
            memory.add(episode);
            meanReplyLength += 0.01 * (episode.actions() - meanReplyLength);
        }
        if (learner == null) {
            outcomes.forEach(outcome -> firstRewards.add(outcome.grade().score()));
        }
    }

    private void learn(List<Outcome> outcomes) {
        while (steps() < totalSteps
                && evaluation.isWorthGoingOn()
                && memory.stats().drawable() > 0
                && memory.limiter().mayLearn(settings.batchSize())) {
            control.stopIfRequested();
            Learner running = started();
            double rate = running.modelRate();
            Update update = running.update();
            report.step(running.steps(), update, outcomes, epsilon(), rate);
            evaluation.afterStep(running.steps());
        }
    }

    /** Learning starts when enough rewards were seen to know their scale; V then starts at their mean. */
    private Learner started() {
        Learner running = learner;
        if (running == null) {
            double[] rewards =
                    firstRewards.stream().mapToDouble(Double::doubleValue).toArray();
            double scale = rewardScale(rewards);
            policy.resetValue(Play.mean(rewards) / scale);
            target.blend(policy, 1);
            Learner.Networks networks = new Learner.Networks(policy, target, prior, average);
            running = new Learner(networks, memory, hyperparameters, settings.batchSize(), totalSteps, scale);
            learner = running;
        }
        return running;
    }

    /** The standard deviation; 1 where rewards do not differ yet, so that the first that does is no giant. */
    static double rewardScale(double[] rewards) {
        double deviation = Play.deviation(rewards);
        return deviation < LEAST_DEVIATION ? 1 : deviation;
    }

    @Override
    public void close() {
        behaving.close();
        evaluation.close();
        average.close();
        target.close();
        prior.close();
        policy.close();
    }

    /** The behaviour policy's decoding state. */
    private static final class Behaving implements AutoCloseable {
        private final dev.rehearse.networks.Decoding decoding;
        private final Generator generator;

        Behaving(TorchNetwork policy, TorchNetwork prior, RolloutPlan plan) {
            decoding = policy.decodingBeside(prior, plan.slots(), plan.capacity());
            generator = plan.generator(decoding);
        }

        Generator generator() {
            return generator;
        }

        @Override
        public void close() {
            decoding.close();
        }
    }
}
