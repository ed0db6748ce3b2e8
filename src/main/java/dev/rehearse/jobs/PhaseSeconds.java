package dev.rehearse.jobs;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How long each phase of a step took, from metrics that count up since a run's start. Confined to the run's thread. */
final class PhaseSeconds {
    private @Nullable Map<String, Double> before;

    /** Phases by OpenAI's names, and grading. */
    private enum Phase {
        SAMPLING("sampling", "sampling_seconds"),
        TRAINING("training", "training_seconds"),
        EVAL("eval", "evaluation_seconds"),
        GRADING("grading", "grading_seconds"),
        FULL_ITERATION("full_iteration", "elapsed_seconds");

        private final String wireName;
        private final String metric;

        Phase(String wireName, String metric) {
            this.wireName = wireName;
            this.metric = metric;
        }
    }

    /** A run that begins has used nothing; one that goes on has used what it will say with its first step. */
    PhaseSeconds(boolean fromTheBeginning) {
        before = fromTheBeginning ? Map.of() : null;
    }

    /** Seconds since the step before, by phase; empty where that is not known. */
    Map<String, Double> of(Map<String, Double> metrics) {
        Map<String, Double> earlier = before;
        before = metrics;
        Map<String, Double> seconds = new LinkedHashMap<>();
        if (earlier != null) {
            for (Phase phase : Phase.values()) {
                Double until = metrics.get(phase.metric);
                if (until != null) {
                    seconds.put(phase.wireName, Math.max(0, until - earlier.getOrDefault(phase.metric, 0.0)));
                }
            }
        }
        return seconds;
    }
}
