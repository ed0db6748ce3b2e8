package dev.rehearse.generation;

import java.util.List;

/**
 * Finds stop strings in a text that arrives in pieces: text is passed on only when it can no longer be the beginning of
 * one. Of several, the one that is complete first counts, so that it does not matter how the text is cut. Confined to
 * one thread.
 */
final class StopStrings {
    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private boolean found;

    StopStrings(List<String> stops) {
        this.stops = stops.stream().filter(stop -> !stop.isEmpty()).toList();
    }

    /** Takes more text; returns what is certain to belong to the reply. */
    String accept(String text) {
        if (found) {
            return "";
        }
        held.append(text);
        int first = first();
        if (first >= 0) {
            found = true;
            String certain = held.substring(0, first);
            held.setLength(0);
            return certain;
        }
        int certain = held.length() - possibleBeginning();
        String passed = held.substring(0, certain);
        held.delete(0, certain);
        return passed;
    }

    /** Whether a stop string appeared; nothing after it is passed on. */
    boolean found() {
        return found;
    }

    /** What was held back, when no more text comes. */
    String finish() {
        String rest = held.toString();
        held.setLength(0);
        return rest;
    }

    /** Where the stop string begins that ends first, of those the longest; -1 where there is none. */
    private int first() {
        int first = -1;
        int firstEnd = Integer.MAX_VALUE;
        for (String stop : stops) {
            int at = held.indexOf(stop);
            int end = at + stop.length();
            if (at >= 0 && (end < firstEnd || (end == firstEnd && at < first))) {
                first = at;
                firstEnd = end;
            }
        }
        return first;
    }

    /** Length of the longest end of the held text that is a proper beginning of a stop string. */
    private int possibleBeginning() {
        int longest = 0;
        for (String stop : stops) {
            int most = Math.min(stop.length() - 1, held.length());
            for (int length = most; length > longest; length--) {
                if (held.indexOf(stop.substring(0, length), held.length() - length) >= 0) {
                    longest = length;
                }
            }
        }
        return longest;
    }
}
