package dev.rehearse.training;

import dev.rehearse.grading.ErrorBudget;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of a run between two of its turns; with the networks and the replay memory everything that decides how it
 * goes on. Random states are not among them: the order of data and the seeds of rollouts follow from the run's seed and
 * how many were taken. Immutable; written as JSON.
 *
 * @param step updates made
 * @param trainedTokens action tokens learned from, repeats counted
 * @param learning null for supervised training
 */
record RunState(
        Identity identity,
        int step,
        long trainedTokens,
        Spent spent,
        Selected selected,
        @Nullable Learned learning) {

    /** What a run must have in common with the one that goes on from its state. */
    record Identity(int format, long seed, String dataSha256) {}

    /**
     * What the selection of checkpoints knows.
     *
     * @param evaluated the last step that was looked at; −1 before the first
     * @param withoutBetter evaluations since the last best one
     * @param startReward greedy, of what the run started from; 0 where that is not asked
     * @param judged how often the grader failed in evaluations; null where nothing is graded
     */
    record Selected(
            int evaluated,
            int withoutBetter,
            double startReward,
            List<Ranked> ranking,
            @Nullable Played judged) {}

    /** A checkpoint that is among the best, and its score. */
    record Ranked(int step, double score, Map<String, Double> metrics) {}

    /**
     * What reinforcement knows beyond its networks and its memory.
     *
     * @param rounds of prompts that were played and remembered
     * @param firstRewards until learning starts; then empty
     * @param rewardScale 0 until learning starts
     * @param lastRound metrics of the last round of replies
     * @param played null where nothing is played
     */
    record Learned(
            int rounds,
            List<Double> firstRewards,
            double rewardScale,
            double meanReplyLength,
            Map<String, Double> lastRound,
            @Nullable Played played) {}

    /** Nanoseconds since the start, those in which nothing ran left out. */
    record Spent(long elapsed, long training, long evaluation, long blocked) {}

    /** What playing took, in nanoseconds, and the grader's errors in the window that is open. */
    record Played(long sampling, long grading, ErrorBudget.Counts errors) {}
}
