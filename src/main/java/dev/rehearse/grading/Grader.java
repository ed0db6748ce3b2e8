package dev.rehearse.grading;

import java.util.List;

/**
 * Says how good a reply is. Which graders there are, and their fields, are OpenAI's; {@link HttpGrader} is ours.
 *
 * <p>Implementations are immutable.
 */
public sealed interface Grader
        permits StringCheck, TextSimilarity, CosineSimilarity, ScoreModel, LabelModel, HttpGrader, Multi {
    /** As given; may be empty, since clients leave it out. */
    String name();

    /** Its type on the wire, such as {@code string_check}. */
    String type();

    /** How many replies it is best handed at once. */
    default int batchSize() {
        return 1;
    }

    /**
     * One grade per reply, in their order; may wait for models and servers.
     *
     * <p>Never throws for what a row or a reply holds, or for what a model or a server answers: that is a grade of score
     * 0 with its {@link GradeError}.
     */
    List<Grade> grade(List<Subject> subjects, Services services);
}
