package dev.rehearse.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A page of a list that also names its first and last item. Immutable. */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record MarkedListing<T>(
        String object,
        List<T> data,
        @JsonProperty("first_id") @Nullable String firstId,
        @JsonProperty("last_id") @Nullable String lastId,
        @JsonProperty("has_more") boolean hasMore) {
    public MarkedListing {
        data = List.copyOf(data);
    }

    public static <T> MarkedListing<T> of(Listing<T> page, Function<T, String> id) {
        List<T> data = page.data();
        String first = data.isEmpty() ? null : id.apply(data.get(0));
        String last = data.isEmpty() ? null : id.apply(data.get(data.size() - 1));
        return new MarkedListing<>(page.object(), data, first, last, page.hasMore());
    }
}
