package dev.rehearse.grading;

import java.util.List;
import java.util.function.LongSupplier;

/**
 * What graders may ask beside the texts themselves. Thread-safe if its parts are.
 *
 * @param nanoTime a clock for durations
 */
public record Services(SentenceEmbedding embedding, ChatModels models, RewardServers servers, LongSupplier nanoTime) {

    /** Nothing: the graders that compare texts work, the others fail. */
    public static Services none(LongSupplier nanoTime) {
        return new Services(
                text -> {
                    throw new GraderUnavailable(GradeError.OTHER_ERROR, "there is no embedding model");
                },
                question -> {
                    throw new GraderUnavailable(GradeError.MODEL_GRADER_SERVER_ERROR, "there are no models");
                },
                (grader, subjects) -> {
                    throw new GraderUnavailable(GradeError.OTHER_ERROR, "http graders are switched off");
                },
                nanoTime);
    }

    /** Where a text lies among all texts. Called by many threads. */
    @FunctionalInterface
    public interface SentenceEmbedding {
        /** A vector of always the same length; its direction is the meaning. */
        float[] embed(String text);
    }

    /** Servers that say how good replies are. Called by many threads. */
    @FunctionalInterface
    public interface RewardServers {
        /**
         * One verdict per subject, in their order, of one request.
         *
         * @throws GraderUnavailable when there is no usable answer
         */
        double[] rewards(HttpGrader grader, List<Subject> subjects);
    }
}
