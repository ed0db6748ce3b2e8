package dev.rehearse.qlearning;

/** A number that changes over the steps of a run. Immutable. */
public sealed interface Schedule {
    /** The value before the given step is made; steps count from 0. */
    double at(int step);

    /** From {@code start} straight to {@code end} over {@code steps}, then constant. */
    record Linear(double start, double end, int steps) implements Schedule {
        @Override
        public double at(int step) {
            double share = steps == 0 ? 1 : Math.min(1, step / (double) steps);
            return start + (end - start) * share;
        }
    }

    /**
     * From 0 straight up to {@code peak} over {@code warmup} steps, then half a cosine down to {@code floor · peak} at
     * step {@code total} (Loshchilov and Hutter 2017, eq. 5 without restarts).
     */
    record WarmupCosine(double peak, int warmup, int total, double floor) implements Schedule {
        @Override
        public double at(int step) {
            if (step < warmup) {
                return peak * (step + 1) / warmup;
            }
            double share = Math.min(1, (step - warmup) / (double) Math.max(1, total - warmup));
            return peak * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * share)));
        }
    }
}
