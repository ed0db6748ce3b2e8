package dev.rehearse.training;

import dev.rehearse.networks.NetworkOptions.ValueTrunk;
import dev.rehearse.networks.Trainable;
import dev.rehearse.qlearning.Algorithm;
import dev.rehearse.qlearning.Algorithm.Choice;
import dev.rehearse.qlearning.Hyperparameter;
import dev.rehearse.qlearning.Hyperparameters;
import dev.rehearse.qlearning.Hyperparameters.Draws;
import dev.rehearse.qlearning.Hyperparameters.Form;
import dev.rehearse.qlearning.Hyperparameters.Loss;
import dev.rehearse.qlearning.Hyperparameters.Maximum;
import dev.rehearse.qlearning.Hyperparameters.Streams;
import dev.rehearse.qlearning.Hyperparameters.TargetSync;
import dev.rehearse.replay.ReplaySettings;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Every setting of reinforcement; {@link RunSetting}, {@link Option} and {@link Hyperparameter} have the defaults.
 * Immutable; 0 stands for "chosen from the data" where a default says so.
 *
 * @param repliesPerPrompt compute_multiplier, rounded up
 * @param learning its rates are already multiplied
 * @param trainable which weights move
 */
public record ReinforcementSettings(
        int epochs,
        int batchSize,
        double learningRateMultiplier,
        int repliesPerPrompt,
        int evalInterval,
        int evalSamples,
        int maxSteps,
        int patience,
        Hyperparameters learning,
        Trainable trainable) {
    /** Of a run that is not told its interval. */
    private static final int EVALUATIONS = 10;

    private static final String UNJUDGED = "there is no grader";
    private static final List<Hyperparameter> LOGGED_ONLY =
            List.of(Hyperparameter.DEMONSTRATION_SHARE, Hyperparameter.BC_WEIGHT);
    private static final List<Hyperparameter> PLAYED_ONLY = List.of(
            Hyperparameter.DEMONSTRATION_SHARE,
            Hyperparameter.LEARNING_STARTS,
            Hyperparameter.REPLAY_RATIO,
            Hyperparameter.EPSILON_START,
            Hyperparameter.EPSILON_END,
            Hyperparameter.EPSILON_DECAY,
            Hyperparameter.TEMPERATURE,
            Hyperparameter.TOP_K);
    private static final List<String> EFFORTS = List.of("default", "low", "medium", "high");

    static ReinforcementSettings parse(Map<String, Object> settings) {
        SettingsReader own = new SettingsReader("", settings);
        String name = own.oneOf("algorithm", Algorithm.SOFT_DQN.wireName(), Algorithm.names());
        Algorithm algorithm = Algorithm.named(name).orElseThrow();
        SettingsReader openAi = own.object("hyperparameters");
        openAi.oneOf("reasoning_effort", "default", EFFORTS); // changes nothing: models here do not reason
        SettingsReader dqn = own.object("dqn");
        double multiplier = openAi.number(RunSetting.LEARNING_RATE_MULTIPLIER);
        ReinforcementSettings parsed = new ReinforcementSettings(
                openAi.integer(RunSetting.EPOCHS),
                openAi.integer(RunSetting.BATCH_SIZE),
                multiplier,
                (int) Math.ceil(openAi.number(RunSetting.COMPUTE_MULTIPLIER)),
                openAi.integer(RunSetting.EVAL_INTERVAL),
                openAi.integer(RunSetting.EVAL_SAMPLES),
                dqn.integer(RunSetting.MAX_STEPS),
                dqn.integer(RunSetting.PATIENCE),
                scaled(learning(algorithm, dqn), multiplier),
                TrainableReader.read(own));
        own.refuseUnknown();
        openAi.refuseUnknown();
        return parsed;
    }

    private static Hyperparameters learning(Algorithm algorithm, SettingsReader dqn) {
        Map<Hyperparameter, Double> given = new EnumMap<>(Hyperparameter.class);
        Map<String, SettingsReader> groups = new HashMap<>();
        boolean prioritized = dqn.switchedOn(Option.PRIORITIZED.wireName());
        SettingsReader target = dqn.object("target");
        refuseForeign(algorithm, dqn);
        groups.put("target", target);
        for (Hyperparameter parameter : Hyperparameter.values()) {
            int dot = parameter.wireName().indexOf('.');
            SettingsReader reader = dqn;
            if (dot > 0) {
                String group = parameter.wireName().substring(0, dot);
                reader = groups.computeIfAbsent(group, absent -> dqn.object(absent));
            }
            reader.hyperparameter(parameter, parameter.wireName().substring(dot + 1))
                    .ifPresent(value -> given.put(parameter, value));
        }
        refuseForeign(algorithm, given.keySet());
        Hyperparameters parsed = new Hyperparameters(
                form(algorithm, dqn),
                given,
                prioritized ? Draws.PRIORITIZED : Draws.UNIFORM,
                target.oneOf("kind", Option.TARGET_KIND).equals("ema") ? TargetSync.EMA : TargetSync.HARD,
                dqn.oneOf("loss", Option.LOSS).equals("mse") ? Loss.MSE : Loss.HUBER,
                dqn.flag(Option.SHARE_TRUNK) ? ValueTrunk.SHARED : ValueTrunk.STOPPED);
        dqn.refuseUnknown();
        groups.values().forEach(SettingsReader::refuseUnknown);
        refuseIdle(parsed);
        refuseTooFewBytes(parsed);
        return parsed;
    }

    private static Form form(Algorithm algorithm, SettingsReader dqn) {
        return new Form(
                algorithm,
                dqn.flag(Option.DOUBLE) ? Maximum.DOUBLE : Maximum.SINGLE,
                dqn.flag(Option.DUELING) ? Streams.DUELING : Streams.SINGLE);
    }

    private static void refuseForeign(Algorithm algorithm, SettingsReader dqn) {
        for (Choice choice : Choice.values()) {
            if (dqn.has(choice.wireName()) && !algorithm.reads(choice)) {
                throw foreign(algorithm, choice.wireName(), Algorithm.readersOf(choice));
            }
        }
    }

    private static void refuseForeign(Algorithm algorithm, Set<Hyperparameter> given) {
        for (Hyperparameter parameter : given) {
            if (!algorithm.reads(parameter)) {
                throw foreign(algorithm, parameter.wireName(), Algorithm.readersOf(parameter));
            }
        }
    }

    private static InvalidSettingException foreign(Algorithm algorithm, String wireName, String readers) {
        String name = "dqn." + wireName;
        return new InvalidSettingException(
                name, name + " does not apply: algorithm is " + algorithm.wireName() + "; it belongs to " + readers);
    }

    /** The settings for this experience, with its defaults where they differ. */
    ReinforcementSettings of(Method.Experience experience) {
        return switch (experience) {
            case PLAYED -> {
                for (Hyperparameter logged : LOGGED_ONLY) {
                    refuseUnless(false, learning, logged, "there is no replay_file");
                }
                yield this;
            }
            case PLAYED_AND_LOGGED -> this;
            case LOGGED -> offline();
        };
    }

    /** Nothing is played: what says how does not apply. */
    private ReinforcementSettings offline() {
        for (Hyperparameter played : PLAYED_ONLY) {
            refuseUnless(false, learning, played, "nothing but the replay_file is learned from");
        }
        if (repliesPerPrompt != 1) {
            throw new InvalidSettingException(
                    "hyperparameters.compute_multiplier",
                    "hyperparameters.compute_multiplier does not apply: nothing but the replay_file is learned from");
        }
        return with(learning.offline());
    }

    /** Nothing is played, and nothing judges a reply either. */
    ReinforcementSettings unjudged() {
        refuseUnless(false, learning, Hyperparameter.MAX_COMPLETION_TOKENS, UNJUDGED);
        if (evalSamples != RunSetting.EVAL_SAMPLES.usual()) {
            throw new InvalidSettingException(
                    "hyperparameters.eval_samples", "hyperparameters.eval_samples does not apply: " + UNJUDGED);
        }
        if (patience != RunSetting.PATIENCE.usual()) {
            throw new InvalidSettingException("dqn.patience", "dqn.patience does not apply: " + UNJUDGED);
        }
        return offline();
    }

    private ReinforcementSettings with(Hyperparameters changed) {
        return new ReinforcementSettings(
                epochs,
                batchSize,
                learningRateMultiplier,
                repliesPerPrompt,
                evalInterval,
                evalSamples,
                maxSteps,
                patience,
                changed,
                trainable);
    }

    private static Hyperparameters scaled(Hyperparameters learning, double multiplier) {
        Hyperparameters scaled = learning;
        if (multiplier == 1) {
            return scaled;
        }
        for (Hyperparameter rate : List.of(Hyperparameter.LEARNING_RATE, Hyperparameter.VALUE_LEARNING_RATE)) {
            try {
                scaled = scaled.with(rate, learning.get(rate) * multiplier);
            } catch (IllegalArgumentException e) {
                String name = "hyperparameters.learning_rate_multiplier";
                throw new InvalidSettingException(name, name + " is " + multiplier + ": dqn." + e.getMessage());
            }
        }
        return scaled;
    }

    /** The replay memory's index alone takes space for every episode it may hold. */
    private static void refuseTooFewBytes(Hyperparameters parsed) {
        int capacity = parsed.count(Hyperparameter.REPLAY_CAPACITY);
        long bytes = (long) parsed.get(Hyperparameter.REPLAY_BYTES);
        try {
            new ReplaySettings.Bounds(capacity, Long.MAX_VALUE, bytes);
        } catch (IllegalArgumentException e) {
            throw new InvalidSettingException(
                    "dqn.replay_bytes",
                    "dqn.replay_bytes is " + bytes + ", too few for dqn.replay_capacity " + capacity + ": "
                            + e.getMessage());
        }
    }

    /** A setting that the chosen form never reads is a mistake, not a wish. */
    private static void refuseIdle(Hyperparameters parsed) {
        refuseUnless(parsed.loss() == Loss.HUBER, parsed, Hyperparameter.HUBER_DELTA, "loss is mse");
        refuseUnless(parsed.targetSync() == TargetSync.EMA, parsed, Hyperparameter.TARGET_TAU, "target.kind is hard");
        refuseUnless(
                parsed.targetSync() == TargetSync.HARD, parsed, Hyperparameter.TARGET_INTERVAL, "target.kind is ema");
        for (Hyperparameter ofModel :
                List.of(Hyperparameter.LEARNING_RATE, Hyperparameter.KL_WEIGHT, Hyperparameter.BC_WEIGHT)) {
            refuseUnless(parsed.movesModel(), parsed, ofModel, "beside Q heads the model learns with share_trunk only");
        }
        boolean steps = parsed.given().containsKey(Hyperparameter.N_STEP);
        refuseUnless(!steps, parsed, Hyperparameter.LAMBDA, "n_step is given");
        boolean mixed = parsed.given().containsKey(Hyperparameter.TD_MIX);
        refuseUnless(!mixed, parsed, Hyperparameter.LAMBDA, "td_mix is given");
    }

    private static void refuseUnless(
            boolean applies, Hyperparameters parsed, Hyperparameter parameter, String because) {
        if (!applies && parsed.given().containsKey(parameter)) {
            String name = "dqn." + parameter.wireName();
            throw new InvalidSettingException(name, name + " does not apply: " + because);
        }
    }

    /** Updates in a whole run: each new episode allows {@code replay_ratio} learned ones; offline, each is one. */
    int totalSteps(Method.Experience experience, long prompts, long logged) {
        if (maxSteps > 0) {
            return maxSteps;
        }
        double learned = switch (experience) {
            case LOGGED -> (double) epochs * logged;
            case PLAYED, PLAYED_AND_LOGGED ->
                (double) epochs * prompts * repliesPerPrompt * learning.get(Hyperparameter.REPLAY_RATIO);
        };
        return (int) Math.max(1, Math.ceil(learned / batchSize));
    }

    /** What the replay memory may take, index and sum-trees included. */
    public long replayBytes() {
        return (long) learning.get(Hyperparameter.REPLAY_BYTES);
    }

    /** Updates between evaluations. */
    int evalInterval(int totalSteps) {
        return evalInterval > 0 ? evalInterval : Math.max(1, totalSteps / EVALUATIONS);
    }

    /**
     * What OpenAI's names stand for in a run.
     *
     * @param evalSamples prompts that an evaluation plays; 0 where there is none
     */
    Map<String, Object> openAiHyperparameters(int totalSteps, int evalSamples) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put(RunSetting.EPOCHS.wireName(), epochs);
        values.put(RunSetting.BATCH_SIZE.wireName(), batchSize);
        values.put(RunSetting.LEARNING_RATE_MULTIPLIER.wireName(), learningRateMultiplier);
        values.put(RunSetting.COMPUTE_MULTIPLIER.wireName(), repliesPerPrompt);
        if (evalSamples > 0) {
            values.put(RunSetting.EVAL_INTERVAL.wireName(), evalInterval(totalSteps));
            values.put(RunSetting.EVAL_SAMPLES.wireName(), evalSamples);
        }
        return values;
    }
}
