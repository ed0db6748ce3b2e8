package dev.rehearse.files;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.rehearse.web.FreshId;

/** Names an uploaded file: {@code file-…}. Immutable. */
public record FileId(@JsonValue String value) {
    static FileId fresh() {
        return new FileId(FreshId.withPrefix("file-"));
    }

    @Override
    public String toString() {
        return value;
    }
}
