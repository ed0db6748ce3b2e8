package dev.rehearse.training;

import dev.rehearse.networks.QNetwork;
import dev.rehearse.networks.TorchNetwork;
import dev.rehearse.replay.ReplayMemory;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A run as it stands between two of its turns, for saving.
 *
 * @param networks those that learning changes, by the name of their file
 * @param memory null for supervised training
 * @param shown the network that is evaluated and served
 */
record RunContents(
        RunState state,
        Map<String, TorchNetwork> networks,
        @Nullable ReplayMemory memory,
        QNetwork shown) {}
