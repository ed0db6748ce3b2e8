package dev.rehearse.training;

import dev.rehearse.networks.QNetwork;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes the checkpoints of a run and keeps the best three. Confined to the run's thread. */
final class BestCheckpoints {
    private static final int KEPT = 3;

    private final Run run;
    private final StartingModel start;
    private final List<Ranked> ranked = new ArrayList<>();

    BestCheckpoints(Run run, StartingModel start) {
        this.run = run;
        this.start = start;
    }

    /** A checkpoint and its score; higher is better, of equals the earlier. */
    private record Ranked(Checkpoint checkpoint, double score) {}

    /**
     * Writes a checkpoint if it is among the best three; a score that is not finite is no score.
     *
     * @return whether it is the best of all so far
     */
    boolean offer(int step, QNetwork network, double score, Map<String, Double> metrics) {
        if (!Double.isFinite(score)) {
            return false;
        }
        boolean best = ranked.isEmpty() || score > ranked.get(0).score();
        if (ranked.size() == KEPT && score <= ranked.get(KEPT - 1).score()) {
            return best;
        }
        Map<String, Double> scored = new HashMap<>(metrics);
        scored.put(Metric.SELECTION_SCORE.wireName(), score);
        Path directory = run.states().checkpoint(step);
        ModelDirectory.write(directory, network, start, Provenance.of(run.spec(), step, scored));
        Checkpoint checkpoint = new Checkpoint(step, directory, scored);
        ranked.add(new Ranked(checkpoint, score));
        ranked.sort(Comparator.comparingDouble(Ranked::score).reversed());
        run.control().report(new Progress.CheckpointSaved(checkpoint));
        if (ranked.size() > KEPT) {
            Checkpoint overtaken = ranked.remove(KEPT).checkpoint();
            run.control().report(new Progress.CheckpointDropped(overtaken));
            run.states().release(overtaken);
        }
        return best;
    }

    /** The best three with their scores, best first. */
    List<RunState.Ranked> ranking() {
        return ranked.stream()
                .map(one -> new RunState.Ranked(
                        one.checkpoint().step(), one.score(), one.checkpoint().metrics()))
                .toList();
    }

    /** Takes over the best three of an earlier run. */
    void restore(List<RunState.Ranked> ranking) {
        for (RunState.Ranked one : ranking) {
            Path directory = run.states().checkpoint(one.step());
            ranked.add(new Ranked(new Checkpoint(one.step(), directory, one.metrics()), one.score()));
        }
    }

    List<Checkpoint> best() {
        return ranked.stream().map(Ranked::checkpoint).toList();
    }
}
