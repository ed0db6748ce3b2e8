package dev.rehearse.training;

import dev.rehearse.grading.Grader;
import dev.rehearse.networks.Trainable;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How a run learns, with every setting resolved. Immutable. */
public sealed interface Method {

    /** Cross-entropy on the replies, with early stopping. */
    record Supervised(SupervisedSettings settings) implements Method {
        @Override
        public Trainable trainable() {
            return settings.trainable();
        }
    }

    /**
     * Q-learning from rewards and a replay memory.
     *
     * @param grader null only where experience is {@link Experience#LOGGED}; then nothing judges a reply
     */
    record Reinforcement(@Nullable Grader grader, Experience experience, ReinforcementSettings settings)
            implements Method {
        public Reinforcement {
            if (grader == null && experience != Experience.LOGGED) {
                throw new IllegalArgumentException("no grader; replies that are played need one");
            }
        }

        @Override
        public Trainable trainable() {
            return settings.trainable();
        }
    }

    /** What the replay memory is filled from. */
    enum Experience {
        /** Replies to the prompts of the training examples, graded. */
        PLAYED,
        /** Logged episodes first, then replies as well. */
        PLAYED_AND_LOGGED,
        /** Logged episodes alone: the run is offline, and a grader only selects, by the validation examples. */
        LOGGED
    }

    /** Which weights of the language model move. */
    Trainable trainable();

    /**
     * Whether a run may start from there.
     *
     * @throws InvalidSettingException naming the setting that does not go with it
     */
    default void check(StartingPoint start) {
        TrainableReader.check(trainable(), start);
    }

    /**
     * Reads the settings of {@code method.supervised}, as parsed JSON.
     *
     * @param settings keys {@code hyperparameters} (a map) and our own beside it; absent or "auto" means the default
     * @throws InvalidSettingException naming the first key that is unknown or whose value is not allowed
     */
    static Method supervised(Map<String, Object> settings) {
        return new Supervised(SupervisedSettings.parse(settings));
    }

    /**
     * Reads the settings of {@code method.reinforcement} without its grader, as parsed JSON.
     *
     * @param settings keys {@code hyperparameters}, {@code algorithm}, {@code dqn}; absent or "auto" means the default
     * @throws InvalidSettingException naming the first key that is unknown or whose value is not allowed
     */
    static Method reinforcement(Grader grader, Map<String, Object> settings) {
        return reinforcement(grader, Experience.PLAYED, settings);
    }

    /**
     * The same for other experience; a setting that does not apply to it is not allowed.
     *
     * @param grader null only where experience is {@link Experience#LOGGED}
     * @throws InvalidSettingException naming the first key that is unknown or whose value is not allowed
     */
    static Method reinforcement(@Nullable Grader grader, Experience experience, Map<String, Object> settings) {
        ReinforcementSettings parsed = ReinforcementSettings.parse(settings);
        boolean judged = grader != null;
        return new Reinforcement(grader, experience, judged ? parsed.of(experience) : parsed.unjudged());
    }
}
