package dev.rehearse.jobs;

import dev.rehearse.training.Example;
import dev.rehearse.training.Forecast;
import dev.rehearse.training.LoggedEpisode;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The files of a request that are there, every one read to its end. Confined to one thread.
 *
 * @param training null where the training file is the replay file, or not there
 */
record Surveys(
        @Nullable Survey<Example> training,
        @Nullable Survey<Example> validation,
        @Nullable Survey<LoggedEpisode> replay) {

    /** In the order of the request. */
    List<Survey<?>> all() {
        return Stream.<@Nullable Survey<?>>of(training, validation, replay)
                .filter(Objects::nonNull)
                .<Survey<?>>map(Objects::requireNonNull)
                .toList();
    }

    void measure(Forecast forecast, Problems problems) {
        if (training != null) {
            training.measure(forecast::of, problems);
        }
        if (validation != null) {
            validation.measure(forecast::of, problems);
        }
        if (replay != null) {
            replay.measure(forecast::of, problems);
        }
    }

    Forecast.Rows rows() {
        return new Forecast.Rows(rows(training), rows(validation), rows(replay));
    }

    private static long rows(@Nullable Survey<?> survey) {
        return survey == null ? 0 : survey.rows();
    }

    /** The file that is learned from, or whose prompts are; null where it has no row. */
    @Nullable
    Survey<?> learned() {
        Survey<?> survey = training != null ? training : replay;
        return survey == null || survey.rows() == 0 ? null : survey;
    }
}
