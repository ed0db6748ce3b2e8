package dev.rehearse.files;

import dev.rehearse.web.FreshId;

/** Names an uploaded file: {@code file-…}. Immutable. */
public record FileId(String value) {
    static FileId fresh() {
        return new FileId(FreshId.withPrefix("file-"));
    }

    @Override
    public String toString() {
        return value;
    }
}
