package dev.rehearse.demo;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far a job has come. Immutable.
 *
 * @param totalSteps 0 while unknown
 * @param secondsRemaining as the service guesses; null while it cannot
 * @param metrics the newest value of each metric of the job's events
 */
record JobStatus(
        String name,
        String state,
        int step,
        int totalSteps,
        @Nullable Long secondsRemaining,
        Map<String, Double> metrics) {
    private static final int BAR = 8;

    JobStatus {
        metrics = Map.copyOf(metrics);
    }

    /** One line of at most 80 characters: a bar, step/total, loss or reward, tokens per second, time left. */
    String line() {
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-13s ", name));
        if (totalSteps == 0) {
            return line.append(state.replace('_', ' ')).toString();
        }
        int done = (int) ((long) BAR * Math.min(step, totalSteps) / totalSteps);
        line.append('[').append("#".repeat(done)).append("-".repeat(BAR - done)).append("] ");
        line.append(step).append('/').append(totalSteps);
        append(line, "  loss %.3f", "train_loss");
        append(line, "  reward %.3f", "train_reward_mean");
        append(line, "  %,.0f tokens/s", "tokens_per_second");
        if (secondsRemaining != null) {
            line.append("  ").append(clock(secondsRemaining)).append(" left");
        }
        return line.toString();
    }

    /** What stays when it has ended: the last evaluation by the job itself, and the time it took. */
    String lastLine(long seconds) {
        StringBuilder line = new StringBuilder(line());
        append(line, ", held out %.3f", "valid_loss");
        append(line, ", held out %.3f", "valid_sampled_reward_mean");
        line.append("  ").append(state).append(" after ").append(clock(seconds));
        return line.toString();
    }

    private void append(StringBuilder line, String format, String metric) {
        Double value = metrics.get(metric);
        if (value != null) {
            line.append(String.format(Locale.ROOT, format, value));
        }
    }

    /** 3:07, or 1:02:03. */
    static String clock(long seconds) {
        long hours = seconds / 3600;
        long minutes = seconds / 60 % 60;
        return hours > 0
                ? String.format(Locale.ROOT, "%d:%02d:%02d", hours, minutes, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d", minutes, seconds % 60);
    }
}
