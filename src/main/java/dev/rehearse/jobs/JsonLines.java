package dev.rehearse.jobs;

import dev.rehearse.training.InvalidExampleException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Files of one row a line, read line by line; empty lines count, but are no rows. Stateless. */
final class JsonLines {
    private JsonLines() {}

    /** What a line means. */
    @FunctionalInterface
    interface Parser<T> {
        /**
         * @param line its number, counted from 1
         * @throws InvalidExampleException when it cannot be learned from
         */
        T row(int line, String text);
    }

    /** Who takes the rows. */
    @FunctionalInterface
    interface Sink<T> {
        void row(T row);

        /** @param characters that the row takes in the file */
        default void row(T row, int characters) {
            row(row);
        }

        /** A line that is no row; the first one ends the reading unless this goes on. */
        default void refused(InvalidExampleException e) {
            throw e;
        }
    }

    /**
     * Hands over every row.
     *
     * @param nothing what is wrong with a file that has none
     */
    static <T> void read(Path file, Parser<T> parser, Sink<T> sink, String nothing) {
        boolean empty = true;
        try (LineReader lines = LineReader.open(file)) {
            while (true) {
                try {
                    String line = lines.next();
                    if (line == null) {
                        break;
                    }
                    if (!line.isBlank()) {
                        empty = false;
                        sink.row(parser.row(lines.number(), line), line.length());
                    }
                } catch (InvalidExampleException e) {
                    empty = false;
                    sink.refused(e);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (empty) {
            sink.refused(new InvalidExampleException(1, nothing));
        }
    }
}
