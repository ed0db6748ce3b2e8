package dev.rehearse.web;

import java.io.IOException;
import java.util.List;

/** Recognises a full disk, of which Java knows no more than the system's own words. Stateless; any thread. */
final class DiskFull {
    private static final List<String> WORDS =
            List.of("No space left on device", "Disk quota exceeded", "not enough space on the disk");

    private DiskFull() {}

    static boolean isCauseOf(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            String said = String.valueOf(cause.getMessage());
            if (cause instanceof IOException && WORDS.stream().anyMatch(said::contains)) {
                return true;
            }
        }
        return false;
    }
}
