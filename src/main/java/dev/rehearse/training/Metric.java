package dev.rehearse.training;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every number that runs report: its name and its definition, the only home of both; {@code src/docs/metrics.md} is printed
 * from here. Immutable.
 *
 * <p>Of an update, n goes over the N action tokens of its B episodes, Q_n = Q(s_n, a_n), V_n = V(s_n), y_n the target and
 * δ_n = Q_n − y_n; Q, V, y and δ are in units of the reward's standard deviation over the first episodes. Of a round of
 * replies, r_i is the grade of reply i of R.
 */
public enum Metric {
    TRAIN_LOSS(Of.SUPERVISED_STEP, "train_loss", "−Σ_n log π(a_n|s_n) / N, nats"),
    VALID_LOSS(Of.SUPERVISED_EVALUATION, "valid_loss", "the same over all validation rows, without dropout"),
    FULL_VALID_LOSS(Of.SUPERVISED_EVALUATION, "full_valid_loss", "`valid_loss`, under OpenAI's name for all rows"),

    TD_LOSS(Of.UPDATE, "td_loss", "the loss that was minimised, all its terms: the objective in `td.py`"),
    TD_ERROR_MEAN(Of.UPDATE, "td_error_mean", "Σ_n |δ_n| / N"),
    Q_MEAN(
            Of.UPDATE,
            "q_mean",
            "Σ_n Q_n / N; Q = V + α·(log π − log π₀) in `soft_dqn`, else the head's, of twin heads the smaller"),
    Q_MAX(Of.UPDATE, "q_max", "max_n Q_n"),
    VALUE_MEAN(Of.UPDATE, "value_mean", "Σ_n V_n / N; V is its head's, but max_a Q in `dqn` without dueling streams"),
    TARGET_Q_MEAN(Of.UPDATE, "target_q_mean", "Σ_n y_n / N"),
    ADVANTAGE_SD(Of.UPDATE, "advantage_sd", "√(Σ_n A_n² / N − (Σ_n A_n / N)²), A_n = Q_n − V_n"),
    KL(Of.UPDATE, "kl", "Σ_n Σ_a π(a|s_n)·(log π(a|s_n) − log π₀(a|s_n)) / N, nats, of the language model"),
    ENTROPY(Of.UPDATE, "entropy", "−Σ_n Σ_a π(a|s_n)·log π(a|s_n) / N, nats, of the language model"),
    GRAD_NORM(Of.EVERY_STEP, "grad_norm", "joint Euclidean norm of the gradient, before clipping"),
    LR(Of.EVERY_STEP, "lr", "learning rate of the model at this step"),
    EPSILON(
            Of.UPDATE,
            "epsilon",
            "share ε of the replies with an exploring token, as scheduled; where replies are played"),

    REPLAY_SIZE(Of.UPDATE, "replay_size", "episodes that the memory holds"),
    REPLAY_BYTES(Of.UPDATE, "replay_bytes", "bytes that they take, with their share of the index"),
    REPLAY_DRAWABLE(Of.UPDATE, "replay_drawable", "those of them that the limits on reuse have not retired"),
    REPLAY_AGE_MEAN(
            Of.UPDATE,
            "replay_age_mean",
            "Σ_b (versions of the policy since drawn episode b was made) / B; 0 for logged ones"),
    REPLAY_PRIORITY_MEAN(Of.UPDATE, "replay_priority_mean", "Σ_j p_j / `replay_drawable`; p_j = 1 for uniform draws"),
    REPLAY_PRIORITY_MAX(Of.UPDATE, "replay_priority_max", "the largest p so far: what a new episode enters with"),
    REPLAY_BLOCKED_SECONDS(
            Of.UPDATE, "replay_blocked_seconds", "that learning had to wait for new episodes, since the start"),

    REWARD_MEAN(Of.REPLIES, "<set>_reward_mean", "r̄ = Σ_i r_i / R"),
    REWARD_SD(Of.REPLIES, "<set>_reward_sd", "√(Σ_i (r_i − r̄)² / (R − 1))"),
    REWARD_MEAN_OF_PART(
            Of.REPLIES,
            "<set>_reward_mean_<grader>",
            "mean of that part of a multi grader, over the replies it graded"),
    REPLY_TOKENS_MEAN(Of.REPLIES, "<set>_reply_tokens_mean", "Σ_i (tokens of reply i, the end token included) / R"),
    GRADER_ERRORS(Of.REPLIES, "<set>_grader_errors", "replies that got an error instead of a grade, and counted 0"),
    FRAC_REWARD_ZERO_STD(
            Of.TRAINING_REPLIES,
            "frac_reward_zero_std",
            "of the prompts of a training round with two replies or more, the share whose grades are all equal"),
    CUT_OFF_SHARE(Of.EVALUATION, "valid_cut_off_share", "share of the greedy replies that ended at the length limit"),
    FULL_VALID_MEAN_REWARD(
            Of.EVALUATION, "full_valid_mean_reward", "`valid_reward_mean`, under OpenAI's name for all prompts"),
    FULL_VALID_MEAN_PARSE_ERROR(
            Of.EVALUATION,
            "full_valid_mean_parse_error",
            "share of the greedy replies that were no JSON where a grader needed it"),
    VALID_SECONDS(Of.EVERY_EVALUATION, "valid_seconds", "that this evaluation took, sampling and grading"),
    SELECTION_SCORE(
            Of.CHECKPOINT,
            "selection_score",
            "what checkpoints are ranked by: (`valid_reward_mean` + `valid_sampled_reward_mean`) / 2, or −`valid_loss`,"
                    + " or the step where nothing judges"),

    EPOCH(
            Of.EVERY_STEP,
            "epoch",
            "passes over the training rows so far: rows learned from, or replies played / (prompts · replies to each), or,"
                    + " of logged episodes alone, episodes drawn / episodes"),
    TRAINED_TOKENS(Of.EVERY_STEP, "trained_tokens", "action tokens learned from since the start, repeats counted"),
    TOKENS_PER_SECOND(
            Of.EVERY_STEP,
            "tokens_per_second",
            "`trained_tokens` / `elapsed_seconds`; supervised: N / seconds of this update"),
    SAMPLING_SECONDS(Of.UPDATE, "sampling_seconds", "of playing replies to learn from, since the start"),
    GRADING_SECONDS(
            Of.UPDATE, "grading_seconds", "that grading them took beyond the time that sampling took, since the start"),
    TRAINING_SECONDS(Of.EVERY_STEP, "training_seconds", "of updates, since the start"),
    EVALUATION_SECONDS(
            Of.EVERY_STEP,
            "evaluation_seconds",
            "of evaluations, their own sampling and grading and their checkpoints included, since the start"),
    ELAPSED_SECONDS(Of.EVERY_STEP, "elapsed_seconds", "since the start");

    /** What a metric is told of. */
    public enum Of {
        EVERY_STEP("every step"),
        SUPERVISED_STEP("a supervised step"),
        UPDATE("a step of reinforcement"),
        REPLIES("a round of replies; `<set>` is `train`, `valid` (greedy) or `valid_sampled`"),
        TRAINING_REPLIES("a round of replies to learn from"),
        EVERY_EVALUATION("every evaluation"),
        SUPERVISED_EVALUATION("a supervised evaluation"),
        EVALUATION("an evaluation of reinforcement"),
        CHECKPOINT("a checkpoint");

        private final String words;

        Of(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }
    }

    private final Of of;
    private final String wireName;
    private final String definition;

    Metric(Of of, String wireName, String definition) {
        this.of = of;
        this.wireName = wireName;
        this.definition = definition;
    }

    Of of() {
        return of;
    }

    public String wireName() {
        return wireName;
    }

    /** Its number among those of a step or an evaluation; null when it is not one of them. */
    public @Nullable Double in(Map<String, Double> metrics) {
        return metrics.get(wireName);
    }

    /** The same for one set of replies. */
    public @Nullable Double in(Map<String, Double> metrics, Progress.Split split) {
        return metrics.get(of(split.wireName()));
    }

    /** The name for one set of replies. */
    String of(String set) {
        return wireName.replace("<set>", set);
    }

    String definition() {
        return definition;
    }
}
