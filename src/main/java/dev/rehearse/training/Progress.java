package dev.rehearse.training;

import dev.rehearse.grading.GraderTotals;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a run reports while it goes on; the only way it speaks. Immutable. */
public sealed interface Progress {
    /**
     * The data is read and the settings are resolved ("auto" replaced by numbers).
     *
     * @param step updates that an earlier run had made when its state was saved; 0 for a run from its beginning
     */
    record Started(int step, int totalSteps, Map<String, Object> hyperparameters) implements Progress {}

    /** One update was made. */
    record Step(int step, int totalSteps, Map<String, Double> metrics) implements Progress {}

    /** The averaged weights were evaluated on the validation examples. */
    record Evaluated(int step, int totalSteps, Map<String, Double> metrics) implements Progress {}

    /**
     * What each grader did in one round of replies; comes before the step or the evaluation that the round is for.
     *
     * @param replyTokens of all the replies
     */
    record Graded(Split split, long replyTokens, List<GraderTotals> graders) implements Progress {
        public Graded {
            graders = List.copyOf(graders);
        }
    }

    /**
     * A few of the replies that came before an evaluation or in it, looked at when it was over.
     *
     * @param step of the evaluation
     */
    record Sampled(int step, Split split, List<SampledReply> replies) implements Progress {
        public Sampled {
            replies = List.copyOf(replies);
        }
    }

    /** Which prompts the replies are to. */
    enum Split {
        TRAIN,
        VALID;

        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** As names of metrics begin. */
        public String prefix() {
            return wireName() + '_';
        }
    }

    /** A checkpoint can be served from now on. */
    record CheckpointSaved(Checkpoint checkpoint) implements Progress {}

    /** A checkpoint was overtaken by better ones; its directory is gone. */
    record CheckpointDropped(Checkpoint checkpoint) implements Progress {}

    /** From now on a run of the same specification goes on after this step. */
    record StateSaved(int step, long bytes) implements Progress {}

    /** The state could not be saved; the one saved before still stands. */
    record StateNotSaved(int step, String why) implements Progress {}

    /** Something a person should know that is neither an update nor an error. */
    record Note(Level level, String text) implements Progress {}

    /** How much a note matters. */
    enum Level {
        INFO,
        WARN
    }
}
