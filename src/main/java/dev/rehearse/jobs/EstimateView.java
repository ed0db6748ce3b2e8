package dev.rehearse.jobs;

import dev.rehearse.training.Forecast;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An estimate on the wire, as far as it is known. Confined to one thread. */
final class EstimateView {
    private final JobRequest request;
    private final Surveys surveys;
    private final Problems problems;
    private @Nullable Map<String, @Nullable Object> tokenizer;
    private Forecast.@Nullable Length length;
    private Pace.@Nullable Guess guess;

    EstimateView(JobRequest request, Surveys surveys, Problems problems) {
        this.request = request;
        this.surveys = surveys;
        this.problems = problems;
    }

    /** Of a request that cannot be read: its files were not looked into. */
    static Map<String, @Nullable Object> unread(Problems problems) {
        Map<String, @Nullable Object> view = head(problems);
        view.put("files", List.of());
        return view;
    }

    private static Map<String, @Nullable Object> head(Problems problems) {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("object", "fine_tuning.job.estimate");
        view.put("valid", problems.count() == 0);
        view.put("errors", problems.told());
        view.put("error_count", problems.count());
        return view;
    }

    void tokenizer(Forecast forecast, boolean trained) {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        Survey<?> rows = surveys.training();
        boolean whole = rows == null || rows.isComplete();
        view.put(
                "source",
                trained
                        ? "trained on the training file" + (whole ? "" : "'s sampled rows, not on all")
                        : "the model's");
        view.put("vocabulary_size", forecast.vocabularySize());
        view.put("context_length", forecast.contextLength());
        tokenizer = view;
    }

    void length(Forecast.Length length, Pace.Guess guess) {
        this.length = length;
        this.guess = guess;
    }

    Map<String, @Nullable Object> answer() {
        Map<String, @Nullable Object> view = head(problems);
        view.put("model", request.model());
        view.put("method", request.method().kind().wireName());
        view.put("files", surveys.all().stream().map(Survey::view).toList());
        view.put("tokenizer", tokenizer);
        view.put("held_out_rows", length == null ? null : length.heldOut());
        view.put("batch_size", length == null ? null : length.batchSize());
        view.put("steps", length == null ? null : length.steps());
        view.put("seconds", guess == null ? null : guess.seconds());
        view.put("seconds_basis", guess == null ? null : guess.basis());
        return view;
    }
}
