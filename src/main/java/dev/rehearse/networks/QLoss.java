package dev.rehearse.networks;

import java.util.Map;

/**
 * Weights of the terms of the loss of networks with Q heads.
 *
 * @param huberDelta where Huber's loss turns linear, in reward units; 0 for squared error
 * @param valueWeight weight of V's loss beside Q's; 0 where V has no loss of its own
 * @param expectile τ of V's regression; 0.5 is the mean
 * @param cqlWeight weight of pushing down Q of the actions not taken
 * @param klWeight weight of KL(π‖π₀); 0 leaves the term out
 * @param bcWeight weight of the demonstrations' negative log-likelihood
 */
public record QLoss(
        double huberDelta, double valueWeight, double expectile, double cqlWeight, double klWeight, double bcWeight)
        implements TdLoss {

    @Override
    public Map<String, Object> scriptAttributes() {
        return Map.of(
                "alpha", 1.0,
                "huber_delta", huberDelta,
                "value_weight", valueWeight,
                "kl_weight", klWeight,
                "bc_weight", bcWeight,
                "expectile", expectile,
                "cql_weight", cqlWeight);
    }
}
