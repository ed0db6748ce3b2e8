package dev.rehearse.training;

import dev.rehearse.networks.QNetwork;
import java.util.List;
import java.util.Map;

/**
 * Keeps the latest averaged weights where nothing can judge a reply. What a policy would earn cannot be read off the log
 * of another one: a lower TD error or a higher likelihood of the log says nothing of it, so neither selects.
 */
final class LatestCheckpoints implements Selection {
    private static final int CHECKPOINTS = 3;

    private final BestCheckpoints checkpoints;
    private final QNetwork network;
    private final int interval;
    private final int totalSteps;
    private int evaluated = -1;

    /** @param interval updates between checkpoints; 0: a third of the run */
    LatestCheckpoints(BestCheckpoints checkpoints, QNetwork network, int interval, int totalSteps) {
        this.checkpoints = checkpoints;
        this.network = network;
        this.totalSteps = totalSteps;
        this.interval = interval > 0 ? interval : Math.max(1, totalSteps / CHECKPOINTS);
    }

    @Override
    public boolean isDue(int step) {
        return step > evaluated && (step % interval == 0 || step == totalSteps);
    }

    @Override
    public void look(int step) {
        checkpoints.offer(step, network, step, Map.of());
        evaluated = step;
    }

    @Override
    public boolean isWorthGoingOn() {
        return true;
    }

    @Override
    public List<Checkpoint> best() {
        return checkpoints.best();
    }

    @Override
    public RunState.Selected selected() {
        return new RunState.Selected(evaluated, 0, 0, checkpoints.ranking(), null);
    }

    @Override
    public void restore(RunState.Selected selected) {
        evaluated = selected.evaluated();
        checkpoints.restore(selected.ranking());
    }

    @Override
    public void close() {}
}
