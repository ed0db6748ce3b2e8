package dev.rehearse.training;

import dev.rehearse.networks.Heads;
import dev.rehearse.networks.TorchNetwork;
import dev.rehearse.qlearning.Learner;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The four copies of one network that Q-learning works with, as {@link Learner.Networks} describes them. Confined to the
 * run's thread.
 */
record NetworkCopies(TorchNetwork policy, TorchNetwork target, TorchNetwork prior, TorchNetwork average)
        implements AutoCloseable {

    /** Takes ownership of the network, and makes the others of it. */
    static NetworkCopies of(TorchNetwork start, Heads heads, long seed) {
        TorchNetwork policy = start.heads().equals(heads) ? start : start.withHeads(heads, seed);
        TorchNetwork prior = start.withHeads(Heads.valueOnly(), seed);
        return new NetworkCopies(policy, policy.copy(), prior, policy.copy());
    }

    Learner.Networks forLearning() {
        return new Learner.Networks(policy, target, prior, average);
    }

    /** Those that learning changes, by name. */
    Map<String, TorchNetwork> learned() {
        Map<String, TorchNetwork> learned = new LinkedHashMap<>();
        learned.put("policy", policy);
        learned.put("target", target);
        learned.put("average", average);
        return learned;
    }

    @Override
    public void close() {
        average.close();
        target.close();
        prior.close();
        policy.close();
    }
}
