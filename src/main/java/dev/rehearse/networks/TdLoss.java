package dev.rehearse.networks;

import java.util.Map;

/** Weights of the terms of a temporal-difference loss of {@code td.py}. Immutable. */
sealed interface TdLoss permits SoftQLoss, QLoss {
    /** What the script is told; equal losses share one. */
    Map<String, Object> scriptAttributes();

    /** Weight of KL(π‖π₀); 0 leaves the term out. */
    double klWeight();
}
