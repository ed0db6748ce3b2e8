package dev.rehearse.training;

/**
 * The numbers that say how long a run of reinforcement is and how it is looked at: name on the wire, default, range. The
 * only home of all three. Immutable.
 */
enum RunSetting {
    EPOCHS("n_epochs", 1, 1, 50, "passes over the prompts"),
    BATCH_SIZE("batch_size", 64, 1, 256, "episodes per update"),
    LEARNING_RATE_MULTIPLIER("learning_rate_multiplier", 1, 1e-9, 1e9, "scales both learning rates"),
    COMPUTE_MULTIPLIER("compute_multiplier", 1, 1e-5, 10, "replies to each prompt in a pass, rounded up"),
    EVAL_INTERVAL("eval_interval", 0, 1, 1_000_000, "updates between evaluations; a tenth of the run"),
    EVAL_SAMPLES("eval_samples", 500, 1, 1_000_000, "validation prompts that an evaluation plays, at most"),
    MAX_STEPS("max_steps", 0, 1, 100_000_000, "updates; as many as the passes take"),
    PATIENCE("patience", 5, 1, 1_000, "evaluations without a better one before the run stops");

    private final String wireName;
    private final double usual;
    private final double least;
    private final double most;
    private final String meaning;

    RunSetting(String wireName, double usual, double least, double most, String meaning) {
        this.wireName = wireName;
        this.usual = usual;
        this.least = least;
        this.most = most;
        this.meaning = meaning;
    }

    String wireName() {
        return wireName;
    }

    /** 0: chosen from the data, as {@link #meaning} says. */
    double usual() {
        return usual;
    }

    double least() {
        return least;
    }

    double most() {
        return most;
    }

    String meaning() {
        return meaning;
    }

    boolean isWhole() {
        return switch (this) {
            case LEARNING_RATE_MULTIPLIER, COMPUTE_MULTIPLIER -> false;
            case EPOCHS, BATCH_SIZE, EVAL_INTERVAL, EVAL_SAMPLES, MAX_STEPS, PATIENCE -> true;
        };
    }

    /** Whether it stands in {@code hyperparameters}, where OpenAI has it, or in our {@code dqn}. */
    boolean isOpenAis() {
        return switch (this) {
            case EPOCHS, BATCH_SIZE, LEARNING_RATE_MULTIPLIER, COMPUTE_MULTIPLIER, EVAL_INTERVAL, EVAL_SAMPLES -> true;
            case MAX_STEPS, PATIENCE -> false;
        };
    }
}
