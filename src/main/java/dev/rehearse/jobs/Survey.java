package dev.rehearse.jobs;

import dev.rehearse.files.FileId;
import dev.rehearse.training.Forecast.Tokens;
import dev.rehearse.training.InvalidExampleException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What one file of a request holds. Confined to one thread. */
final class Survey<T> {
    private static final int MOST_ROWS = 10_000;
    private static final long MOST_CHARACTERS = 32 << 20;

    private final String param;
    private final FileId file;
    private final RowSample<T> sample = new RowSample<>(MOST_ROWS, MOST_CHARACTERS);
    private @Nullable Measured measured;

    /** @param param that names the file, which is about to be read */
    Survey(String param, FileId file) {
        this.param = param;
        this.file = file;
    }

    /**
     * Tokens of all rows; where the sample is not complete, of so many rows like those in it.
     *
     * @param longest row
     */
    private record Measured(long tokens, long learned, int longest) {}

    /** Takes the rows in; what is none is a problem. */
    JsonLines.Sink<T> sink(Problems problems) {
        return new JsonLines.Sink<>() {
            @Override
            public void row(T row) {
                row(row, 0);
            }

            @Override
            public void row(T row, int characters) {
                sample.add(row, characters);
            }

            @Override
            public void refused(InvalidExampleException e) {
                problems.add(param, e);
            }
        };
    }

    /** Counts the tokens of the rows that were kept; a row that the run would refuse is a problem. */
    void measure(Function<T, Tokens> tokens, Problems problems) {
        long all = 0;
        long learned = 0;
        int longest = 0;
        List<T> rows = sample.rows();
        for (T row : rows) {
            try {
                Tokens one = tokens.apply(row);
                all += one.all();
                learned += one.learned();
                longest = Math.max(longest, one.all());
            } catch (InvalidExampleException e) {
                problems.add(param, e);
            }
        }
        double scale = rows.isEmpty() ? 0 : sample.seen() / (double) rows.size();
        measured = new Measured(Math.round(all * scale), Math.round(learned * scale), longest);
    }

    /** Rows that can be read, in the sample or not. */
    long rows() {
        return sample.seen();
    }

    List<T> kept() {
        return sample.rows();
    }

    boolean isComplete() {
        return sample.isComplete();
    }

    /** Of a file with rows that was measured. */
    double tokensPerRow() {
        return measured == null ? 0 : measured.tokens() / (double) rows();
    }

    /** The file on the wire; tokens are null where no tokenizer could be opened. */
    Map<String, @Nullable Object> view() {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("param", param);
        view.put("id", file.value());
        view.put("rows", rows());
        view.put("tokens", measured == null ? null : measured.tokens());
        view.put("learned_tokens", measured == null ? null : measured.learned());
        view.put("longest_row_tokens", measured == null ? null : measured.longest());
        view.put(
                "counted",
                isComplete()
                        ? "every row"
                        : "estimated from " + sample.rows().size() + " rows, evenly spaced in the file");
        return view;
    }
}
