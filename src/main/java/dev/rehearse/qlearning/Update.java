package dev.rehearse.qlearning;

import dev.rehearse.networks.Fit;
import dev.rehearse.replay.Batch;

/**
 * What one update saw, before it moved the weights: numbers over its action tokens, each defined by its equation in
 * {@code src/docs/metrics.md}. Immutable.
 *
 * @param tdLoss {@code td_loss}
 * @param meanError {@code td_error_mean}
 * @param qMean {@code q_mean}
 * @param qMax {@code q_max}
 * @param valueMean {@code value_mean}
 * @param targetMean {@code target_q_mean}
 * @param advantageDeviation {@code advantage_sd}
 * @param divergence {@code kl}
 * @param entropy {@code entropy}
 * @param gradientNorm {@code grad_norm}
 * @param meanAge {@code replay_age_mean}
 * @param actions how many action tokens
 * @param errors (B, T) δ in the batch's layout
 */
public record Update(
        double tdLoss,
        double meanError,
        double qMean,
        double qMax,
        double valueMean,
        double targetMean,
        double advantageDeviation,
        double divergence,
        double entropy,
        double gradientNorm,
        double meanAge,
        int actions,
        float[] errors) {

    /**
     * @param q (B, A_b)
     * @param targets (B, A_b)
     */
    static Update of(Fit fit, float[][] q, float[][] targets, Sequences drawn, Batch batch) {
        Sums sums = new Sums();
        float[] errors = new float[batch.rows() * batch.length()];
        for (int b = 0; b < drawn.size(); b++) {
            for (int k = 0; k < q[b].length; k++) {
                sums.add(fit.readings().values()[b][k], q[b][k], targets[b][k]);
                errors[b * batch.length() + drawn.tokens().actions()[b][k]] = q[b][k] - targets[b][k];
            }
        }
        double age = 0;
        for (int b = 0; b < batch.rows(); b++) {
            age += batch.ages()[b];
        }
        return sums.update(fit, age / Math.max(1, batch.rows()), errors);
    }

    /** Running sums over action tokens. */
    private static final class Sums {
        private int count;
        private double error;
        private double q;
        private double largest = Double.NEGATIVE_INFINITY;
        private double value;
        private double target;
        private double advantage;
        private double advantageSquared;

        void add(double v, double taken, double y) {
            double a = taken - v;
            count++;
            error += Math.abs(taken - y);
            q += taken;
            largest = Math.max(largest, taken);
            value += v;
            target += y;
            advantage += a;
            advantageSquared += a * a;
        }

        Update update(Fit fit, double age, float[] errors) {
            double n = Math.max(1, count);
            double variance = advantageSquared / n - (advantage / n) * (advantage / n);
            return new Update(
                    fit.loss(),
                    error / n,
                    q / n,
                    largest,
                    value / n,
                    target / n,
                    Math.sqrt(Math.max(0, variance)),
                    fit.divergence(),
                    fit.entropy(),
                    fit.gradientNorm(),
                    age,
                    count,
                    errors);
        }
    }
}
