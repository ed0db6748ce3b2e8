package dev.rehearse.jobs;

import dev.rehearse.training.Metric;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How long each phase of a step took, from metrics that count up since a run's start. Confined to the run's thread. */
final class PhaseSeconds {
    private @Nullable Map<String, Double> before;

    /** Phases by OpenAI's names, and grading. */
    private enum Phase {
        SAMPLING("sampling", Metric.SAMPLING_SECONDS),
        TRAINING("training", Metric.TRAINING_SECONDS),
        EVAL("eval", Metric.EVALUATION_SECONDS),
        GRADING("grading", Metric.GRADING_SECONDS),
        FULL_ITERATION("full_iteration", Metric.ELAPSED_SECONDS);

        private final String wireName;
        private final Metric metric;

        Phase(String wireName, Metric metric) {
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
                Double until = phase.metric.in(metrics);
                if (until != null) {
                    double since = Objects.requireNonNullElse(phase.metric.in(earlier), 0.0);
                    seconds.put(phase.wireName, Math.max(0, until - since));
                }
            }
        }
        return seconds;
    }
}
