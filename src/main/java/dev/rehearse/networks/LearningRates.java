package dev.rehearse.networks;

/**
 * How far one update goes.
 *
 * @param model learning rate of the language model; 0 leaves it as it is
 * @param value learning rate of the value head; 0 leaves it as it is
 * @param maxGradientNorm the joint gradient is scaled down to this norm
 */
public record LearningRates(double model, double value, double maxGradientNorm) {}
