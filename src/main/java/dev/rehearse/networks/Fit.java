package dev.rehearse.networks;

/**
 * What one update saw, before it moved the weights.
 *
 * @param loss the objective's value
 * @param gradientNorm joint norm before clipping
 * @param readings what the network said of the batch
 * @param entropy mean over the actions of the policy's entropy, in nats
 * @param divergence mean over the actions of KL(π‖π₀), in nats; 0 where the objective has no prior
 */
public record Fit(double loss, double gradientNorm, Readings readings, double entropy, double divergence) {}
