package dev.rehearse.networks;

import java.util.Map;

/**
 * Weights of the terms of soft Q-learning's loss.
 *
 * @param alpha temperature α of KL(π‖π₀) in reward units, above 0
 * @param huberDelta where Huber's loss turns linear, in reward units; 0 for squared error
 * @param valueWeight weight of V's loss beside the policy's
 * @param klWeight weight of KL(π‖π₀); 0 leaves the term out
 * @param bcWeight weight of the demonstrations' negative log-likelihood
 */
public record SoftQLoss(double alpha, double huberDelta, double valueWeight, double klWeight, double bcWeight)
        implements TdLoss {
    public SoftQLoss {
        if (!(alpha > 0)) {
            throw new IllegalArgumentException("alpha is " + alpha + "; allowed: above 0");
        }
    }

    @Override
    public Map<String, Object> scriptAttributes() {
        return Map.of(
                "alpha", alpha,
                "huber_delta", huberDelta,
                "value_weight", valueWeight,
                "kl_weight", klWeight,
                "bc_weight", bcWeight,
                "expectile", 0.5,
                "cql_weight", 0.0);
    }
}
