package dev.rehearse.web;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.function.Function;

/** A page of a list as clients page through it: {@code has_more} is always there, or their pagers never stop. Immutable. */
public record Listing<T>(
        String object,
        List<T> data,
        @JsonProperty("has_more") boolean hasMore) {
    public Listing {
        data = List.copyOf(data);
    }

    /** The page of at most {@code limit} items, given one more item than fits when there are more. */
    public static <R, T> Listing<T> of(List<R> rows, int limit, Function<R, T> view) {
        List<T> data = rows.stream().limit(limit).map(view).toList();
        return new Listing<>("list", data, rows.size() > limit);
    }
}
