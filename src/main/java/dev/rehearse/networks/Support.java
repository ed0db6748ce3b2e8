package dev.rehearse.networks;

/**
 * The actions among which a best one is sought: {a : π₀(a|s) ≥ share · max π₀(·|s)}, as in batch-constrained Q-learning
 * (Fujimoto, Meger and Precup 2019; discrete form: Fujimoto et al. 2019, eq. 18). Immutable.
 *
 * @param share 0 (every action) to 1
 */
public record Support(QNetwork prior, double share) {}
