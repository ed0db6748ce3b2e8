package dev.rehearse.training;

import java.util.List;

/**
 * How a run ended well. Immutable.
 *
 * @param best the checkpoints kept, best first by validation reward (reinforcement) or validation loss (supervised);
 *     never empty: what the run started from counts
 * @param trainedTokens action tokens learned from, repeats counted
 */
public record RunResult(List<Checkpoint> best, long trainedTokens) {
    public RunResult {
        best = List.copyOf(best);
    }
}
