package dev.rehearse.training;

import dev.rehearse.generation.Generator;
import dev.rehearse.generation.Generator.Behaviour;
import dev.rehearse.grading.GradeError;
import dev.rehearse.networks.Decoding;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.QNetwork;
import dev.rehearse.training.Play.Outcome;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * Grades the averaged weights' replies to the validation prompts, greedy ones and sampled ones, and selects.
 *
 * <p>A checkpoint is eligible when its greedy reward is not below the start's; among those the best mean of greedy and
 * sampled reward wins. Step 0 takes part, so that the result is never worse than the start on these prompts. Confined to
 * the run's thread.
 */
final class Evaluation implements Selection {
    /** Draws are the same at every evaluation, so that two differ by the weights alone. */
    private static final long SAMPLE_SEED = 1;

    private final ReinforcementSettings settings;
    private final RunControl control;
    private final Play play;
    private final RolloutPlan plan;
    private final QNetwork network;
    private final Witness witness;
    private final Decoding decoding;
    private final Generator generator;
    private final BestCheckpoints checkpoints;
    private final int totalSteps;
    private final int interval;
    private final int unchanged;
    private double startReward;
    private int evaluated = -1;
    private int withoutBetter;

    Evaluation(Run run, StartingModel start, Play play, RolloutPlan plan, QNetwork network, Witness witness) {
        this.witness = witness;
        this.settings = plan.settings();
        control = run.control();
        this.play = play;
        this.plan = plan;
        this.network = network;
        decoding = network.decoding(plan.slots(), plan.capacity(), Device.Priority.TRAINING);
        generator = plan.generator(decoding);
        checkpoints = new BestCheckpoints(run, start);
        totalSteps = plan.totalSteps();
        unchanged = settings.learning().valueWarmupSteps(totalSteps);
        interval = settings.evalInterval(totalSteps);
    }

    /** Who looks at replies that were played for validation. */
    @FunctionalInterface
    interface Witness {
        void saw(int step, List<Outcome> greedy);
    }

    /** While only V learns there is nothing to evaluate, and no patience to lose. */
    @Override
    public boolean isDue(int step) {
        boolean atInterval = step > unchanged && step % interval == 0;
        return step > evaluated && (step == 0 || atInterval || step == totalSteps);
    }

    @Override
    public void look(int step) {
        Map<String, Double> metrics = metrics(step);
        if (step == 0) {
            startReward = metrics.getOrDefault(Metric.REWARD_MEAN.of("valid"), 0.0);
        }
        withoutBetter = record(step, metrics) ? 0 : withoutBetter + 1;
        evaluated = step;
    }

    private boolean record(int step, Map<String, Double> metrics) {
        control.report(new Progress.Evaluated(step, totalSteps, metrics));
        double greedy = metrics.getOrDefault(Metric.REWARD_MEAN.of("valid"), 0.0);
        if (greedy < startReward) {
            return false;
        }
        double sampled = metrics.getOrDefault(Metric.REWARD_MEAN.of("valid_sampled"), 0.0);
        return checkpoints.offer(step, network, (greedy + sampled) / 2, metrics);
    }

    private Map<String, Double> metrics(int step) {
        control.stopIfRequested();
        play.at(step, totalSteps);
        double begin = play.samplingSeconds() + play.gradingSeconds();
        List<Outcome> greedy = play.play(generator, plan.validation(), new Behaviour.Greedy());
        control.stopIfRequested();
        List<Outcome> sampled = play.play(generator, plan.validation(), new Behaviour.Sample(1, 0, SAMPLE_SEED));
        witness.saw(step, greedy);
        Map<String, Double> metrics = new HashMap<>(OutcomeMetrics.of("valid", greedy));
        metrics.putAll(OutcomeMetrics.of("valid_sampled", sampled));
        metrics.put(Metric.FULL_VALID_MEAN_REWARD.wireName(), Play.mean(Play.rewards(greedy)));
        metrics.put(
                Metric.FULL_VALID_MEAN_PARSE_ERROR.wireName(),
                share(greedy, outcome -> outcome.grade().errors().contains(GradeError.SAMPLE_PARSE_ERROR)));
        metrics.put(Metric.CUT_OFF_SHARE.wireName(), share(greedy, outcome -> !outcome.ended()));
        metrics.put(Metric.VALID_SECONDS.wireName(), play.samplingSeconds() + play.gradingSeconds() - begin);
        return metrics;
    }

    private static double share(List<Outcome> outcomes, Predicate<Outcome> of) {
        return outcomes.stream().filter(of).count() / (double) outcomes.size();
    }

    @Override
    public boolean isWorthGoingOn() {
        return withoutBetter < settings.patience();
    }

    @Override
    public List<Checkpoint> best() {
        return checkpoints.best();
    }

    @Override
    public RunState.Selected selected() {
        return new RunState.Selected(evaluated, withoutBetter, startReward, checkpoints.ranking(), play.played());
    }

    @Override
    public void restore(RunState.Selected selected) {
        evaluated = selected.evaluated();
        withoutBetter = selected.withoutBetter();
        startReward = selected.startReward();
        checkpoints.restore(selected.ranking());
        play.restore(Objects.requireNonNull(selected.judged()));
    }

    @Override
    public void close() {
        decoding.close();
    }
}
