package dev.rehearse.training;

import dev.rehearse.generation.Generator.Behaviour;
import dev.rehearse.grading.Grader;
import dev.rehearse.grading.Grading;
import dev.rehearse.networks.Architecture;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
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

    private final Run run;
    private final StartingModel start;
    private final ReinforcementSettings settings;
    private final Hyperparameters hyperparameters;
    private final RunControl control;
    private final RolloutPlan plan;
    private final NetworkCopies networks;
    private final ReplayMemory memory;
    private final LoggedExperience logged;
    private final @Nullable Playing playing;
    private final Selection selection;
    private final TimeSpent time;
    private final StepReport report;
    private final int totalSteps;
    private final List<Double> firstRewards = new ArrayList<>();
    private final Inspection inspection;
    private List<Outcome> lastPlayed = List.of();
    private int rounds;
    private double meanReplyLength;
    private @Nullable Learner learner;

    FineTuning(Run run, Method.Reinforcement method, StartingModel start, Grading grading) {
        this.run = run;
        this.start = start;
        RunSpec spec = run.spec();
        settings = method.settings();
        hyperparameters = spec.data().logged().stream().anyMatch(LoggedEpisode::isMultiTurn)
                ? settings.learning().multiTurn()
                : settings.learning();
        control = run.control();
        // What may refuse the data or the settings comes before what holds native memory.
        plan = new RolloutPlan(spec, method, start);
        Architecture architecture = start.network().architecture();
        logged = new LoggedExperience(spec.data().logged(), start.template(), architecture.contextLength());
        totalSteps = plan.totalSteps();
        RunState found = run.states().found();
        memory = memory(replaySettings(architecture.vocabularySize()), found);
        networks = NetworkCopies.of(start.network(), hyperparameters.heads(), spec.seed());
        playing = plan.plays() ? new Playing(networks, plan, play(grading, method)) : null;
        inspection = new Inspection(networks.average(), networks.prior(), start.tokenizer());
        selection = selection(grading, method);
        time = new TimeSpent(run.nanoTime());
        report = new StepReport(control, memory, playing == null ? null : playing.play(), time, totalSteps);
        meanReplyLength = plan.maxTokens() / 2.0;
        if (found != null) {
            try {
                restore(found);
            } catch (RuntimeException | Error e) {
                close();
                throw e;
            }
        }
    }

    private ReplayMemory memory(ReplaySettings settings, @Nullable RunState found) {
        return found == null
                ? new ReplayMemory(settings, new ReplayRandom(run.spec().seed()), run.nanoTime())
                : run.states().memory(settings, run.nanoTime());
    }

    private Play play(Grading grading, Method.Reinforcement method) {
        Grader grader = Objects.requireNonNull(method.grader());
        return new Play(grading, grader, start.tokenizer(), control, run.nanoTime());
    }

    private Selection selection(Grading grading, Method.Reinforcement method) {
        return method.grader() == null
                ? new LatestCheckpoints(
                        new BestCheckpoints(run, start), networks.average(), settings.evalInterval(), totalSteps)
                : new Evaluation(
                        run,
                        start,
                        play(grading, method),
                        plan,
                        networks.average(),
                        (step, greedy) -> show(Progress.Split.VALID, step, greedy));
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
                hyperparameters.get(Hyperparameter.DEMONSTRATION_SHARE),
                new ReplaySettings.Reuse(hyperparameters.count(Hyperparameter.MAX_TIMES_SAMPLED), Integer.MAX_VALUE),
                plan.pace());
    }

    private void restore(RunState state) {
        RunState.Learned learned = Objects.requireNonNull(state.learning());
        run.states().restore(networks.learned());
        plan.skip(learned.rounds());
        rounds = learned.rounds();
        firstRewards.addAll(learned.firstRewards());
        meanReplyLength = learned.meanReplyLength();
        selection.restore(state.selected());
        report.restore(state, learned);
        if (playing != null) {
            playing.play().restore(Objects.requireNonNull(learned.played()));
        }
        if (learned.rewardScale() > 0) {
            learner = learner(learned.rewardScale());
            learner.resumeAfter(state.step());
        }
    }

    private RunContents contents() {
        Learner running = learner;
        RunState.Learned learned = new RunState.Learned(
                rounds,
                running == null ? List.copyOf(firstRewards) : List.of(),
                running == null ? 0 : running.rewardScale(),
                meanReplyLength,
                report.lastRound(),
                playing == null ? null : playing.play().played());
        RunState state = new RunState(
                run.states().identity(),
                steps(),
                report.trainedTokens(),
                report.spent(),
                selection.selected(),
                learned);
        return new RunContents(state, networks.learned(), memory, networks.average());
    }

    RunResult run() {
        run.started(
                totalSteps,
                settings.openAiHyperparameters(totalSteps, plan.validation().size()));
        if (run.states().found() == null) {
            rememberLogged();
        }
        new Saving(run, start, this::contents).repeat(this::turn);
        return new RunResult(selection.best(), report.trainedTokens());
    }

    /** Looks at the weights, learns or plays; false when there is nothing left to do. */
    private boolean turn() {
        if (selection.isDue(steps())) {
            evaluate();
        } else if (steps() == totalSteps || !selection.isWorthGoingOn()) {
            return false;
        } else if (memory.stats().drawable() > 0 && memory.limiter().mayLearn(settings.batchSize())) {
            update();
        } else if (playing != null) {
            remember(playing.play(plan.nextPrompts(), behaviour(), steps(), totalSteps));
        } else {
            control.report(new Progress.Note(
                    Progress.Level.WARN,
                    "Every episode was drawn dqn.max_times_sampled times; the run ends at step " + steps()));
            if (selection.selected().evaluated() < steps()) {
                evaluate();
            }
            return false;
        }
        return true;
    }

    /** What the replay file holds is remembered before anything is played. */
    private void rememberLogged() {
        logged.forEach(networks.prior(), hyperparameters.get(Hyperparameter.GAMMA), control, memory::add);
        Arrays.stream(logged.rewardSums()).forEach(firstRewards::add);
        long evicted = memory.stats().evicted();
        if (evicted > 0) {
            control.report(
                    new Progress.Note(
                            Progress.Level.WARN,
                            "the first " + evicted + " of " + logged.size()
                                    + " logged episodes did not fit dqn.replay_capacity or dqn.replay_bytes and are not learned"));
        }
    }

    private void evaluate() {
        time.evaluate(() -> {
            selection.look(steps());
            show(Progress.Split.TRAIN, steps(), lastPlayed);
        });
    }

    private void show(Progress.Split split, int step, List<Outcome> outcomes) {
        if (!outcomes.isEmpty()) {
            control.report(new Progress.Sampled(step, split, inspection.of(outcomes, learner)));
        }
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
        for (Episode episode : Experience.episodes(outcomes, networks.prior(), gamma, steps())) {
            memory.add(episode);
            meanReplyLength += 0.01 * (episode.actions() - meanReplyLength);
        }
        if (learner == null) {
            outcomes.forEach(outcome -> firstRewards.add(outcome.grade().score()));
        }
        rounds++;
        lastPlayed = List.copyOf(outcomes.subList(0, Math.min(Inspection.MOST, outcomes.size())));
        report.played(outcomes);
    }

    private void update() {
        Learner running = started();
        double rate = running.modelRate();
        Update update = time.learn(running::update);
        int steps = running.steps();
        if (!Double.isFinite(update.tdLoss() + update.gradientNorm())) {
            throw new IllegalStateException("the loss of step " + steps + " is not a finite number: the learning rate, "
                    + rate + ", or the rewards are too large");
        }
        report.step(new StepReport.Moment(steps, plan.epoch(rounds, steps), epsilon(), rate), update);
    }

    /** Learning starts when enough rewards were seen to know their scale; every V then starts at their mean. */
    private Learner started() {
        Learner running = learner;
        if (running == null) {
            double[] rewards =
                    firstRewards.stream().mapToDouble(Double::doubleValue).toArray();
            double scale = rewardScale(rewards);
            networks.policy().resetValue(Play.mean(rewards) / scale);
            networks.target().blend(networks.policy(), 1);
            networks.average().blend(networks.policy(), 1);
            running = learner(scale);
            learner = running;
        }
        return running;
    }

    private Learner learner(double rewardScale) {
        return new Learner(
                networks.forLearning(), memory, hyperparameters, settings.batchSize(), totalSteps, rewardScale);
    }

    /** The standard deviation; 1 where rewards do not differ yet, so that the first that does is no giant. */
    static double rewardScale(double[] rewards) {
        double deviation = Play.deviation(rewards);
        return deviation < LEAST_DEVIATION ? 1 : deviation;
    }

    @Override
    public void close() {
        if (playing != null) {
            playing.close();
        }
        selection.close();
        networks.close();
    }
}
