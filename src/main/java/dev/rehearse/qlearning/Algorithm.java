package dev.rehearse.qlearning;

import static dev.rehearse.qlearning.Hyperparameter.ALPHA;
import static dev.rehearse.qlearning.Hyperparameter.CQL_WEIGHT;
import static dev.rehearse.qlearning.Hyperparameter.DECODE_BETA;
import static dev.rehearse.qlearning.Hyperparameter.EXPECTILE;
import static dev.rehearse.qlearning.Hyperparameter.LAMBDA;
import static dev.rehearse.qlearning.Hyperparameter.N_STEP;
import static dev.rehearse.qlearning.Hyperparameter.SUPPORT_MASK;
import static dev.rehearse.qlearning.Hyperparameter.TARGET_INTERVAL;
import static dev.rehearse.qlearning.Hyperparameter.TARGET_TAU;
import static dev.rehearse.qlearning.Hyperparameter.TD_MIX;
import static dev.rehearse.qlearning.Hyperparameter.VALUE_WARMUP_STEPS;
import static dev.rehearse.qlearning.Hyperparameter.VALUE_WEIGHT;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which Q is learned and towards which targets, with the options that only some algorithms read: an option that no
 * algorithm lists belongs to all of them. Immutable.
 */
public enum Algorithm {
    SOFT_DQN(
            "soft_dqn",
            "Q = V + α·(log π − log π₀), soft-max backup; the result is a plain language model",
            Set.of(ALPHA, LAMBDA, N_STEP, TD_MIX, TARGET_TAU, TARGET_INTERVAL, VALUE_WARMUP_STEPS, VALUE_WEIGHT),
            Set.of(Choice.TARGET)),

    /**
     * Mnih et al. 2015; double: van Hasselt, Guez and Silver 2016; dueling: Wang et al. 2016; support: Fujimoto, Meger and
     * Precup 2019.
     */
    DQN(
            "dqn",
            "A Q head over the vocabulary, double and dueling, maximum over the prior's support",
            Set.of(N_STEP, TD_MIX, TARGET_TAU, TARGET_INTERVAL, SUPPORT_MASK),
            Set.of(Choice.TARGET, Choice.DOUBLE, Choice.DUELING)),

    /** Snell et al. 2023, implicit language Q-learning. */
    ILQL(
            "ilql",
            "Twin Q heads, and V by expectile regression; replies by log π₀ + β·(Q − V)",
            Set.of(
                    N_STEP,
                    TD_MIX,
                    TARGET_TAU,
                    TARGET_INTERVAL,
                    VALUE_WEIGHT,
                    EXPECTILE,
                    CQL_WEIGHT,
                    DECODE_BETA,
                    SUPPORT_MASK),
            Set.of(Choice.TARGET)),

    /** The Monte-Carlo baseline of Abdulhai et al. 2023 (LMRL Gym). */
    MC(
            "mc",
            "A Q head on the return-to-go, with a little conservative Q-learning",
            Set.of(VALUE_WEIGHT, CQL_WEIGHT, DECODE_BETA, SUPPORT_MASK),
            Set.of());

    /** Options that are not numbers and that not every algorithm reads. */
    public enum Choice {
        DOUBLE("double"),
        DUELING("dueling"),
        TARGET("target");

        private final String wireName;

        Choice(String wireName) {
            this.wireName = wireName;
        }

        /** The key below {@code dqn}. */
        public String wireName() {
            return wireName;
        }
    }

    private final String wireName;
    private final String meaning;
    private final Set<Hyperparameter> numbers;
    private final Set<Choice> choices;

    Algorithm(String wireName, String meaning, Set<Hyperparameter> numbers, Set<Choice> choices) {
        this.wireName = wireName;
        this.meaning = meaning;
        this.numbers = numbers;
        this.choices = choices;
    }

    public static Optional<Algorithm> named(String wireName) {
        return Arrays.stream(values())
                .filter(algorithm -> algorithm.wireName.equals(wireName))
                .findFirst();
    }

    /** Every name on the wire. */
    public static List<String> names() {
        return Arrays.stream(values()).map(Algorithm::wireName).toList();
    }

    public String wireName() {
        return wireName;
    }

    public String meaning() {
        return meaning;
    }

    public boolean reads(Hyperparameter parameter) {
        return numbers.contains(parameter)
                || Arrays.stream(values()).noneMatch(algorithm -> algorithm.numbers.contains(parameter));
    }

    public boolean reads(Choice choice) {
        return choices.contains(choice);
    }

    /** The algorithms that read a number, in words. */
    public static String readersOf(Hyperparameter parameter) {
        List<String> readers = Arrays.stream(values())
                .filter(algorithm -> algorithm.reads(parameter))
                .map(Algorithm::wireName)
                .toList();
        return readers.size() == values().length ? "all" : String.join(", ", readers);
    }

    /** The algorithms that read a choice, in words. */
    public static String readersOf(Choice choice) {
        return String.join(
                ", ",
                Arrays.stream(values())
                        .filter(algorithm -> algorithm.reads(choice))
                        .map(Algorithm::wireName)
                        .toList());
    }
}
