package dev.rehearse.replay;

import java.io.Serial;
import java.util.Locale;

/** A snapshot that was cut short, changed, or never was one: an older one may be whole. */
public final class CorruptSnapshot extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final String segment;

    CorruptSnapshot(Segment segment, String what) {
        super("replay snapshot, segment " + name(segment) + ": " + what);
        this.segment = name(segment);
    }

    /** The first segment that is wrong: settings, counters, random, limiter, index, episodes or priorities. */
    String segment() {
        return segment;
    }

    private static String name(Segment segment) {
        return segment.name().toLowerCase(Locale.ROOT);
    }
}
