package dev.rehearse.completions;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What chat and text completions are asked in the same words. Immutable.
 *
 * @param maxTokens most tokens of a reply; null when the client left it open
 * @param ignored fields of the body that mean nothing here
 */
record Options(
        String model,
        int n,
        @Nullable Integer maxTokens,
        Sampling sampling,
        List<String> stop,
        Delivery delivery,
        List<String> ignored) {
    Options {
        stop = List.copyOf(stop);
        ignored = List.copyOf(ignored);
    }

    /** How the reply is brought. */
    enum Delivery {
        WHOLE,
        STREAM,
        STREAM_WITH_USAGE
    }

    boolean streams() {
        return delivery != Delivery.WHOLE;
    }
}
