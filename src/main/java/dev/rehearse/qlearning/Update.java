package dev.rehearse.qlearning;

import dev.rehearse.networks.Fit;
import dev.rehearse.replay.Batch;

/**
 * What one update saw, in means over its action tokens and in units of the reward's standard deviation. Immutable.
 *
 * @param tdLoss the loss that was minimised
 * @param meanError mean |δ|, δ = Q − target
 * @param qMean mean Q of the taken actions
 * @param qMax largest Q of a taken action
 * @param valueMean mean V
 * @param targetMean mean target
 * @param advantageDeviation standard deviation of α·(log π − log π₀)
 * @param divergence KL(π‖π₀) in nats
 * @param entropy of the policy in nats
 * @param meanAge policy versions since the drawn episodes were made, mean over episodes
 * @param actions action tokens in the batch
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

    static Update of(Fit fit, float[][] targets, Sequences drawn, double alpha, Batch batch) {
        Sums sums = new Sums();
        float[] errors = new float[batch.rows() * batch.length()];
        for (int b = 0; b < drawn.size(); b++) {
            float[] ratios = drawn.logRatios(b, fit.readings().logProbs()[b]);
            for (int k = 0; k < ratios.length; k++) {
                double advantage = alpha * ratios[k];
                double value = fit.readings().values()[b][k];
                sums.add(value, advantage, targets[b][k]);
                errors[b * batch.length() + drawn.tokens().actions()[b][k]] =
                        (float) (value + advantage - targets[b][k]);
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

        void add(double v, double a, double y) {
            count++;
            error += Math.abs(v + a - y);
            q += v + a;
            largest = Math.max(largest, v + a);
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
