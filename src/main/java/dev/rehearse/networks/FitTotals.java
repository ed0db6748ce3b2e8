package dev.rehearse.networks;

/** Sums over one or all micro-batches of an update. Confined to one thread at a time. */
final class FitTotals {
    private final int actionCount;
    private double loss;
    private double entropy;
    private double divergence;

    /** @param actionCount action tokens of the whole batch */
    FitTotals(int actionCount) {
        this.actionCount = actionCount;
    }

    /** Action tokens of the whole batch: what means are over. */
    int actionCount() {
        return actionCount;
    }

    void add(FitTotals part) {
        loss += part.loss;
        entropy += part.entropy;
        divergence += part.divergence;
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

    Fit fit(double gradientNorm, Readings readings) {
        return new Fit(loss, gradientNorm, readings, entropy / actionCount, divergence / actionCount);
    }
}
