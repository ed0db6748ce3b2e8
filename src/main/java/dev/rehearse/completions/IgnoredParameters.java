package dev.rehearse.completions;

import java.util.List;
import java.util.stream.Collectors;

/** The header that tells which fields of a body meant nothing, so that a typo can be noticed. Stateless; any thread. */
final class IgnoredParameters {
    static final String HEADER = "x-ignored-parameters";
    private static final int MOST = 20;
    private static final int LONGEST = 64;

    private IgnoredParameters() {}

    /** Fit for a header, whatever the client called its fields. */
    static String headerValue(List<String> paths) {
        return paths.stream()
                .distinct()
                .limit(MOST)
                .map(IgnoredParameters::clean)
                .collect(Collectors.joining(","));
    }

    private static String clean(String path) {
        String start = path.length() <= LONGEST ? path : path.substring(0, LONGEST);
        return start.replaceAll("[^A-Za-z0-9_.\\[\\]-]", "?");
    }
}
