package dev.rehearse.grading;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A text with holes, parsed once: {@code "The answer is {{ item.answers[0].text }}"}. A hole is {@code item.<path>} (the
 * training row), {@code sample.output_text} or {@code sample.output_json[.<path>]} (the reply); spaces inside the braces
 * are optional. A string renders as it is, everything else as JSON.
 *
 * <p>{@code }}} outside a hole is text, so that a literal JSON object needs no escape.
 *
 * <p>Immutable.
 */
public final class Template {
    /**
     * UTF-16 units. It bounds all graders at once: the slowest, {@code fuzzy_match} of two such texts, takes
     * {@code length² / 64} word operations and memory linear in the length.
     */
    public static final int MAX_RENDERED_LENGTH = 131_072;

    private final String source;
    private final List<Part> parts;

    private Template(String source, List<Part> parts) {
        this.source = source;
        this.parts = List.copyOf(parts);
    }

    /** @throws IllegalArgumentException if a hole is not closed, not a path, or not of {@code item} or {@code sample} */
    public static Template parse(String source) {
        if (source.length() > MAX_RENDERED_LENGTH) {
            throw new IllegalArgumentException("the template has " + source.length() + " characters; at most "
                    + MAX_RENDERED_LENGTH + " are allowed");
        }
        List<Part> parts = new ArrayList<>();
        int end = 0;
        for (int open = source.indexOf("{{"); open >= 0; open = source.indexOf("{{", end)) {
            int close = source.indexOf("}}", open + 2);
            if (close < 0) {
                throw new IllegalArgumentException("'{{' at position " + open + " of the template '" + excerpt(source)
                        + "' is never closed; expected '}}' after it");
            }
            parts.add(new Text(source.substring(end, open)));
            parts.add(new Hole(
                    VariablePath.parse(source.substring(open + 2, close).strip())));
            end = close + 2;
        }
        parts.add(new Text(source.substring(end)));
        return new Template(source, parts);
    }

    /**
     * Fills the holes.
     *
     * @throws UnknownVariable if the row or the reply has no such path
     * @throws SampleNotJson if {@code sample.output_json} is asked of a reply that is not JSON
     * @throws TextTooLong if the text passes {@link #MAX_RENDERED_LENGTH}
     */
    public String render(Map<String, ?> item, Sample sample) {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            String piece = part.render(item, sample);
            if (text.length() + piece.length() > MAX_RENDERED_LENGTH) {
                throw new TextTooLong("the template '" + excerpt(source) + "' renders to more than "
                        + MAX_RENDERED_LENGTH + " characters; no grader reads a longer text");
            }
            text.append(piece);
        }
        return text.toString();
    }

    /** As it was given to {@link #parse}. */
    public String source() {
        return source;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Template that && source.equals(that.source);
    }

    @Override
    public int hashCode() {
        return source.hashCode();
    }

    @Override
    public String toString() {
        return source;
    }

    private static String excerpt(String text) {
        return text.length() <= 80 ? text : text.substring(0, 80) + "…";
    }

    private sealed interface Part {
        String render(Map<String, ?> item, Sample sample);
    }

    private record Text(String text) implements Part {
        @Override
        public String render(Map<String, ?> item, Sample sample) {
            return text;
        }
    }

    private record Hole(VariablePath path) implements Part {
        @Override
        public String render(Map<String, ?> item, Sample sample) {
            return path.render(item, sample);
        }
    }
}
