package dev.rehearse.grading;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a template's hole is filled from, such as {@code item.answers[0].text}.
 *
 * <p>Immutable.
 *
 * @param source as written
 * @param root what the steps start from
 * @param steps from the outside in
 */
record VariablePath(String source, Root root, List<Step> steps) {
    private static final Gson JSON =
            new GsonBuilder().serializeNulls().disableHtmlEscaping().create();

    /** Letters, digits, {@code _} and {@code -} after a dot, or a list index in brackets of at most nine digits. */
    private static final Pattern STEP = Pattern.compile("\\.([\\p{L}\\p{N}_-]+)|\\[(\\d{1,9})]");

    private static final String ALLOWED = "expected item.<name>, sample.output_text or sample.output_json, with further"
            + " .<name> or [<index>] after item and output_json";

    static VariablePath parse(String source) {
        for (Root root : Root.values()) {
            if (source.startsWith(root.prefix)) {
                List<Step> steps = steps(source, root.prefix.length());
                if (steps.isEmpty() ? root.mayStandAlone : root.mayHaveSteps && root.mayStartWith(steps.get(0))) {
                    return new VariablePath(source, root, steps);
                }
            }
        }
        throw malformed(source);
    }

    private static List<Step> steps(String source, int start) {
        List<Step> steps = new ArrayList<>();
        Matcher matcher = STEP.matcher(source).region(start, source.length());
        int end = start;
        for (; matcher.lookingAt(); matcher.region(end, source.length())) {
            steps.add(
                    matcher.group(1) != null
                            ? new Key(matcher.group(1))
                            : new Index(Integer.parseInt(matcher.group(2))));
            end = matcher.end();
        }
        if (end != source.length()) {
            throw malformed(source);
        }
        return List.copyOf(steps);
    }

    private static IllegalArgumentException malformed(String source) {
        return new IllegalArgumentException("'{{ " + Template.excerpt(source) + " }}' is not a variable; " + ALLOWED);
    }

    /** A string as it is, anything else as JSON; a null that is there renders as {@code null}. */
    String render(Map<String, ?> item, Sample sample) {
        @Nullable
        Object value = switch (root) {
            case ITEM -> item;
            case OUTPUT_TEXT -> sample.outputText();
            case OUTPUT_JSON -> sample.outputJson();
        };
        for (Step step : steps) {
            value = step.into(value, source);
        }
        return value instanceof String text ? text : JSON.toJson(value);
    }

    private static UnknownVariable unknown(String source, String reason) {
        return new UnknownVariable(
                "'{{ " + Template.excerpt(source) + " }}' has no value: " + reason,
                source.startsWith(Root.OUTPUT_JSON.prefix));
    }

    enum Root {
        ITEM("item", false, true),
        OUTPUT_TEXT("sample.output_text", true, false),
        OUTPUT_JSON("sample.output_json", true, true);

        private final String prefix;
        private final boolean mayStandAlone;
        private final boolean mayHaveSteps;

        Root(String prefix, boolean mayStandAlone, boolean mayHaveSteps) {
            this.prefix = prefix;
            this.mayStandAlone = mayStandAlone;
            this.mayHaveSteps = mayHaveSteps;
        }

        /** A row is always an object; a reply's JSON may be a list. */
        boolean mayStartWith(Step step) {
            return this == OUTPUT_JSON || step instanceof Key;
        }
    }

    sealed interface Step {
        @Nullable
        Object into(@Nullable Object value, String source);
    }

    record Key(String name) implements Step {
        @Override
        public @Nullable Object into(@Nullable Object value, String source) {
            if (!(value instanceof Map<?, ?> map)) {
                throw unknown(source, "what should have '" + name + "' is not an object");
            }
            if (!map.containsKey(name)) {
                throw unknown(source, "there is no '" + name + "'");
            }
            return map.get(name);
        }
    }

    record Index(int index) implements Step {
        @Override
        public @Nullable Object into(@Nullable Object value, String source) {
            if (!(value instanceof List<?> list)) {
                throw unknown(source, "what should have [" + index + "] is not a list");
            }
            if (index >= list.size()) {
                throw unknown(source, "[" + index + "] is beyond a list of " + list.size());
            }
            return list.get(index);
        }
    }
}
