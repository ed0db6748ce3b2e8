package dev.rehearse.demo;

import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lines that stay and one status line that is written over; where nothing can be written over, the status becomes a line
 * every five seconds. ASCII only: a terminal without UTF-8 shows the same. Confined to one thread.
 */
final class Terminal {
    private static final long BETWEEN_LINES = Duration.ofSeconds(5).toNanos();

    private final PrintStream out;
    private final Kind kind;
    private final LongSupplier nanoTime;
    private String status = "";
    private long printedAt;

    /** What is at the other end. */
    enum Kind {
        SCREEN,
        FILE
    }

    Terminal(PrintStream out, Kind kind, LongSupplier nanoTime) {
        this.out = out;
        this.kind = kind;
        this.nanoTime = nanoTime;
        printedAt = nanoTime.getAsLong() - BETWEEN_LINES;
    }

    static Terminal standard() {
        return new Terminal(System.out, isScreen(System.console()) ? Kind.SCREEN : Kind.FILE, System::nanoTime);
    }

    /** From Java 22 on there is a console even where there is no terminal; it can then be asked. */
    private static boolean isScreen(@Nullable Console console) {
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException before22) {
            return true;
        }
    }

    void line(String text) {
        clear();
        out.println(text);
        out.flush();
    }

    /** Shows where things stand now, until the next call of anything. */
    void status(String text) {
        long now = nanoTime.getAsLong();
        switch (kind) {
            case SCREEN -> {
                int blanks = Math.max(0, status.length() - text.length());
                out.print('\r' + text + " ".repeat(blanks));
                status = text;
            }
            case FILE -> {
                if (now - printedAt >= BETWEEN_LINES) {
                    out.println(text);
                    printedAt = now;
                }
            }
        }
        out.flush();
    }

    private void clear() {
        if (!status.isEmpty()) {
            out.print('\r' + " ".repeat(status.length()) + '\r');
            status = "";
        }
    }
}
