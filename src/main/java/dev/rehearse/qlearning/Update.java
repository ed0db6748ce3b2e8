package dev.rehearse.qlearning;

import dev.rehearse.networks.Fit;
import dev.rehearse.replay.Batch;

/**
 * What one update saw, before it moved the weights. N action tokens n, each with Q_n = Q(s_n, a_n), V_n = V(s_n), target
 * y_n and δ_n = Q_n − y_n, in units of the reward's standard deviation. Immutable.
 *
 * <p>Q is V + α·(log π − log π₀) in {@code soft_dqn}, else the head's, of twin heads the smaller. V is its head's, but in
 * {@code dqn} without dueling streams max Q.
 *
 * @param tdLoss the loss that was minimised, all its terms: the objective in {@code td.py}
 * @param meanError Σ |δ_n| / N
 * @param qMean Σ Q_n / N
 * @param qMax max Q_n
 * @param valueMean Σ V_n / N
 * @param targetMean Σ y_n / N
 * @param advantageDeviation standard deviation of A_n = Q_n − V_n: √(Σ A_n² / N − (Σ A_n / N)²)
 * @param divergence KL(π‖π₀) = Σ_n Σ_a π(a|s_n)·(log π(a|s_n) − log π₀(a|s_n)) / N in nats, of the language model
 * @param entropy −Σ_n Σ_a π(a|s_n)·log π(a|s_n) / N in nats, of the language model
 * @param gradientNorm joint Euclidean norm of the gradient, before clipping
 * @param meanAge policy versions since the drawn episodes were made, mean over episodes
 * @param actions N
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
