package dev.rehearse.networks;

/** Sums over the micro-batches of one update. Confined to one thread at a time. */
final class FitTotals {
    private final int actionCount;
    private final Readings readings;
    private double loss;
    private double entropy;
    private double divergence;

    FitTotals(TokenBatch batch) {
        actionCount = Math.max(1, batch.actionCount());
        readings = Readings.ofSize(batch.size());
    }

    /** Action tokens of the whole batch: what means are over. */
    int actionCount() {
        return actionCount;
    }

    void add(MicroBatch part, Readings partReadings) {
        part.place(partReadings, readings);
    }

    void addLoss(double partLoss) {
        loss += partLoss;
    }

    void addEntropy(double sum) {
        entropy += sum;
    }

    void addDivergence(double sum) {
        divergence += sum;
    }

    Fit fit(double gradientNorm) {
        return new Fit(loss, gradientNorm, readings, entropy / actionCount, divergence / actionCount);
    }
}
