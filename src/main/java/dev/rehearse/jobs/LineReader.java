package dev.rehearse.jobs;

import dev.rehearse.training.InvalidExampleException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Lines of UTF-8 that know their numbers; no longer line than allowed is ever in memory. Confined to one thread. */
final class LineReader implements AutoCloseable {
    static final int LONGEST_LINE_BYTES = 16 << 20;
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private final InputStream input;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private int number;

    private LineReader(InputStream input) {
        this.input = input;
    }

    static LineReader open(Path file) throws IOException {
        return new LineReader(new BufferedInputStream(Files.newInputStream(file), 1 << 16));
    }

    /** Of the line read last, counted from 1. */
    int number() {
        return number;
    }

    /**
     * The next line, or null at the end.
     *
     * @throws InvalidExampleException when it is too long or not UTF-8; the line after it can be read
     */
    @Nullable
    String next() throws IOException {
        line.reset();
        int read = input.read();
        if (read < 0) {
            return null;
        }
        number++;
        boolean fits = true;
        for (; read >= 0 && read != '\n'; read = input.read()) {
            fits = fits && line.size() < LONGEST_LINE_BYTES;
            if (fits) {
                line.write(read);
            }
        }
        if (!fits) {
            throw new InvalidExampleException(number, "longer than " + LONGEST_LINE_BYTES + " bytes");
        }
        return decode();
    }

    private String decode() {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(line.toByteArray()))
                    .toString();
            return number == 1 && text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw new InvalidExampleException(number, "not UTF-8");
        }
    }

    @Override
    public void close() throws IOException {
        input.close();
    }
}
