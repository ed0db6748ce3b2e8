package dev.rehearse.jobs;

import dev.rehearse.training.Metric;
import dev.rehearse.training.Progress.Split;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.springframework.stereotype.Component;

/**
 * What monitoring sees of jobs: how many there are in each state, and the newest numbers of those that run in this process.
 * A job's own series go with its run, or every job ever run would stay in the registry. Thread-safe.
 */
@Component
final class JobMeters {
    /** What is shown of a step, beside its reward. */
    private static final List<Metric> NEWEST =
            List.of(Metric.TD_LOSS, Metric.Q_MEAN, Metric.EPSILON, Metric.REPLAY_SIZE, Metric.TRAIN_LOSS);

    private final MeterRegistry meters;

    JobMeters(MeterRegistry meters, JobStore jobs) {
        this.meters = meters;
        Arrays.stream(JobState.values())
                .collect(Collectors.groupingBy(JobState::wireName))
                .forEach((status, states) -> Gauge.builder("rehearse.jobs", jobs, store -> store.count(states))
                        .description("Jobs in the database, by state")
                        .tag("status", status)
                        .register(meters));
    }

    /** Opens the series of a job that starts to run; whoever runs it closes them. */
    Live live(JobId job) {
        return new Live(job);
    }

    /** The series of one run. Confined to the run's thread; read by any. */
    final class Live implements AutoCloseable {
        private final Tags tags;
        private final Map<String, Double> newest = new ConcurrentHashMap<>();
        private final List<Meter> registered = new ArrayList<>();

        private Live(JobId job) {
            this.tags = Tags.of("job_id", job.value());
        }

        void step(int step, int totalSteps, Map<String, Double> metrics) {
            set("rehearse.job.step", Tags.empty(), (double) step);
            set("rehearse.job.progress.ratio", Tags.empty(), totalSteps == 0 ? 0 : step / (double) totalSteps);
            setReward(metrics, Split.TRAIN);
            NEWEST.forEach(metric -> setFrom(metrics, metric));
        }

        void evaluated(Map<String, Double> metrics) {
            setReward(metrics, Split.VALID);
            setFrom(metrics, Metric.VALID_LOSS);
        }

        /** @param seconds of one step, by phase */
        void took(Map<String, Double> seconds) {
            seconds.forEach((phase, took) -> Timer.builder("rehearse.job.step.seconds")
                    .description("Time that steps took, by phase")
                    .tag("phase", phase)
                    .register(meters)
                    .record((long) (took * 1e9), TimeUnit.NANOSECONDS));
        }

        private void setReward(Map<String, Double> metrics, Split split) {
            Double mean = Metric.REWARD_MEAN.in(metrics, split);
            if (mean != null) {
                set("rehearse.job.reward.mean", Tags.of("split", split.wireName()), mean);
            }
        }

        private void setFrom(Map<String, Double> metrics, Metric metric) {
            Double value = metric.in(metrics);
            if (value != null) {
                set("rehearse.job." + metric.wireName().replace('_', '.'), Tags.empty(), value);
            }
        }

        private void set(String name, Tags more, double value) {
            String key = name + more;
            if (newest.put(key, value) == null) {
                registered.add(Gauge.builder(name, newest, values -> values.getOrDefault(key, Double.NaN))
                        .tags(tags.and(more))
                        .register(meters));
            }
        }

        @Override
        public void close() {
            registered.forEach(meters::remove);
        }
    }
}
