package dev.rehearse.training;

import dev.rehearse.networks.QNetwork;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Writes the checkpoints of a run and keeps the best three. Confined to the run's thread. */
final class BestCheckpoints {
    private static final int KEPT = 3;

    private final RunSpec spec;
    private final StartingModel start;
    private final RunControl control;
    private final List<Ranked> ranked = new ArrayList<>();

    BestCheckpoints(RunSpec spec, StartingModel start, RunControl control) {
        this.spec = spec;
        this.start = start;
        this.control = control;
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
        Path directory = spec.outputDirectory().resolve("checkpoint-" + step);
        ModelDirectory.write(directory, network, start, Provenance.of(spec, step, metrics));
        Checkpoint checkpoint = new Checkpoint(step, directory, metrics);
        ranked.add(new Ranked(checkpoint, score));
        ranked.sort(Comparator.comparingDouble(Ranked::score).reversed());
        control.report(new Progress.CheckpointSaved(checkpoint));
        if (ranked.size() > KEPT) {
            Checkpoint overtaken = ranked.remove(KEPT).checkpoint();
            control.report(new Progress.CheckpointDropped(overtaken));
            ModelDirectory.remove(overtaken.directory());
        }
        return best;
    }

    List<Checkpoint> best() {
        return ranked.stream().map(Ranked::checkpoint).toList();
    }
}
