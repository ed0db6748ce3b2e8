package dev.rehearse.qlearning;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Every number that the algorithms read: its name on the wire, its default, its range. The only home of all three; the
 * README's table is printed from here. Immutable.
 */
public enum Hyperparameter {
    GAMMA("gamma", 1, 0, 1, "discount per token; 0.99 where a logged episode has several replies"),
    ALPHA("alpha", 0.1, 1e-4, 100, "temperature of KL(π‖π₀), in standard deviations of the reward"),
    LAMBDA("lambda", 0.7, 0, 1, "mixing of λ-returns: 0 one-step targets, 1 whole paths"),
    N_STEP(
            "n_step",
            0,
            0,
            100_000,
            "steps before a target trusts V, instead of `lambda`; 0: to the end; dqn, ilql: 1"
                    + " where neither this nor `td_mix` is given"),
    TD_MIX("td_mix", 0, 0, 1, "share of the one-step target beside the `n_step` one, instead of `lambda`"),
    HUBER_DELTA("huber_delta", 1, 1e-3, 100, "where `loss: huber` turns linear, in standard deviations of the reward"),
    REPLAY_CAPACITY("replay_capacity", 100_000, 1, 100_000_000, "most episodes remembered"),
    REPLAY_BYTES("replay_bytes", 256L << 20, 1 << 20, 1L << 40, "most bytes of experience"),
    LEARNING_STARTS("learning_starts", 1_000, 1, 1_000_000, "episodes before the first update"),
    REPLAY_RATIO("replay_ratio", 1, 0.01, 8, "learned episodes per new episode"),
    MAX_TIMES_SAMPLED("max_times_sampled", 1_000_000, 1, 1_000_000, "draws after which an episode is not drawn again"),
    PRIORITY_ALPHA("prioritized.alpha", 0.6, 0, 1, "exponent of priorities"),
    PRIORITY_BETA("prioritized.beta", 0.4, 0, 1, "exponent of importance weights at the start; 1 at the end"),
    TARGET_TAU("target.tau", 0.01, 1e-5, 1, "share by which the target network follows (`kind: ema`)"),
    TARGET_INTERVAL("target.interval", 200, 1, 1_000_000, "updates between copies (`kind: hard`)"),
    EPSILON_START("epsilon.start", 0.5, 0, 1, "share of replies with an exploring token, at the start"),
    EPSILON_END("epsilon.end", 0.05, 0, 1, "the same, at the end of the decay"),
    EPSILON_DECAY("epsilon.decay_fraction", 0.3, 0, 1, "share of the updates over which it decays"),
    TEMPERATURE("temperature", 1, 0.01, 10, "of the policy when it chooses"),
    TOP_K("top_k", 50, 0, 1_000_000, "most probable tokens chosen from; 0 for all"),
    MAX_COMPLETION_TOKENS("max_completion_tokens", 256, 1, 100_000, "where replies are cut off"),
    LEARNING_RATE("learning_rate", 5e-5, 1e-9, 1, "peak rate of the model"),
    VALUE_LEARNING_RATE("value_learning_rate", 1e-3, 1e-9, 1, "peak rate of the heads of V and Q"),
    WARMUP_STEPS("warmup_steps", 20, 0, 1_000_000, "updates over which the rates rise"),
    VALUE_WARMUP_STEPS("value_warmup_steps", 200, 0, 1_000_000, "first updates, of V alone; half of the run at most"),
    MAX_GRAD_NORM("max_grad_norm", 1, 1e-6, 1e6, "joint norm gradients are clipped to"),
    WEIGHT_AVERAGE("weight_average", 0.99, 0, 0.99999, "decay of the averaged weights that are evaluated and served"),
    VALUE_WEIGHT("value_weight", 0.5, 0, 100, "weight of V's loss beside the policy's"),
    KL_WEIGHT("kl_weight", 0.03, 0, 100, "weight of KL(π‖π₀) in the loss; 0.1 where nothing is played"),
    BC_WEIGHT("bc_weight", 0.1, 0, 100, "weight of cloning demonstrations in the loss"),
    DEMONSTRATION_SHARE("demonstration_share", 0.25, 0, 1, "share of a batch that is drawn from the replay file"),
    EXPECTILE("expectile", 0.7, 0.5, 0.9999, "τ of V: 0.5 the mean of the actions seen, towards 1 the best of them"),
    CQL_WEIGHT("cql_weight", 0.01, 0, 100, "weight of pushing down Q of actions not seen"),
    DECODE_BETA(
            "decode_beta", 1, 0, 1000, "β of replies by log π₀ + β·(Q − V), Q in standard deviations of the reward"),
    SUPPORT_MASK(
            "support_mask",
            0.3,
            0,
            1,
            "share of the likeliest token's π₀ below which a token is never best; 0 for none");

    private static final Set<Hyperparameter> WHOLE = EnumSet.of(
            REPLAY_CAPACITY,
            REPLAY_BYTES,
            LEARNING_STARTS,
            MAX_TIMES_SAMPLED,
            TARGET_INTERVAL,
            N_STEP,
            TOP_K,
            MAX_COMPLETION_TOKENS,
            WARMUP_STEPS,
            VALUE_WARMUP_STEPS);

    private final String wireName;
    private final double defaultValue;
    private final double least;
    private final double most;
    private final String meaning;

    Hyperparameter(String wireName, double defaultValue, double least, double most, String meaning) {
        this.wireName = wireName;
        this.defaultValue = defaultValue;
        this.least = least;
        this.most = most;
        this.meaning = meaning;
    }

    public static Optional<Hyperparameter> named(String wireName) {
        return Arrays.stream(values())
                .filter(parameter -> parameter.wireName.equals(wireName))
                .findFirst();
    }

    /** The path below {@code dqn}, e.g. {@code epsilon.start}. */
    public String wireName() {
        return wireName;
    }

    public double defaultValue() {
        return defaultValue;
    }

    public String meaning() {
        return meaning;
    }

    public boolean isWhole() {
        return WHOLE.contains(this);
    }

    public double least() {
        return least;
    }

    public double most() {
        return most;
    }

    /** The range in words. */
    public String range() {
        return text(least) + " to " + text(most);
    }

    /** What is allowed, in words. */
    public String allowed() {
        return (isWhole() ? "an integer from " : "a number from ") + range();
    }

    /**
     * Returns the value.
     *
     * @throws IllegalArgumentException when it is out of range, not a number, or not an integer where one counts
     */
    public double check(double value) {
        boolean fits = !isWhole() || value == Math.rint(value);
        if (!(fits && value >= least && value <= most)) {
            throw new IllegalArgumentException(wireName + " is " + text(value) + "; allowed: " + allowed());
        }
        return value;
    }

    /** A number without needless digits. */
    public static String text(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? String.format(Locale.ROOT, "%d", (long) value)
                : Double.toString(value);
    }
}
