package dev.rehearse.grading;

import java.util.Map;

/**
 * Says how good a reply is. Which graders there are, and their fields, are OpenAI's.
 *
 * <p>Implementations are immutable.
 */
public sealed interface Grader permits StringCheck, TextSimilarity, Multi {
    /** As given; may be empty, since clients leave it out. */
    String name();

    /**
     * Never throws for what the row or the reply holds: that is a grade of score 0 with its {@link GradeError}.
     *
     * @param item the training row as parsed JSON: maps, lists, strings, numbers, booleans and null
     */
    Grade grade(Map<String, ?> item, Sample sample);
}
