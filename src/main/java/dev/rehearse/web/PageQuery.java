package dev.rehearse.web;

import org.jspecify.annotations.Nullable;

/**
 * Which part of a list is asked for. Immutable.
 *
 * @param after the id of the last item already seen; null from the start
 */
public record PageQuery(@Nullable String after, int limit) {

    /** @throws ApiException 400 when the limit is not between 1 and {@code largest}, or {@code after} can be no id */
    public static PageQuery of(@Nullable String after, @Nullable Integer limit, int usual, int largest) {
        int asked = limit == null ? usual : limit;
        if (asked < 1 || asked > largest) {
            throw ApiException.invalid(
                    "invalid_value", "limit", "Invalid 'limit': " + asked + ". Allowed: 1 to " + largest + ".");
        }
        return new PageQuery(after == null || after.isEmpty() ? null : StorableText.require("after", after), asked);
    }

    /** What to read so that it is known whether there is more. */
    public int oneMore() {
        return limit + 1;
    }
}
