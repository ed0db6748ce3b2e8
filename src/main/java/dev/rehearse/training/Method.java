package dev.rehearse.training;

import dev.rehearse.grading.Grader;
import dev.rehearse.networks.Trainable;
import java.util.Map;

/** How a run learns, with every setting resolved. Immutable. */
public sealed interface Method {

    /** Cross-entropy on the replies, with early stopping. */
    record Supervised(SupervisedSettings settings) implements Method {
        @Override
        public Trainable trainable() {
            return settings.trainable();
        }
    }

    /** Q-learning from graded replies and a replay memory. */
    record Reinforcement(Grader grader, ReinforcementSettings settings) implements Method {
        @Override
        public Trainable trainable() {
            return settings.trainable();
        }
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
        return new Reinforcement(grader, ReinforcementSettings.parse(settings));
    }
}
