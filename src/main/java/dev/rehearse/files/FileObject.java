package dev.rehearse.files;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/** A file on the wire. Immutable. */
record FileObject(
        String id,
        String object,
        long bytes,
        @JsonProperty("created_at") long createdAt,

        @JsonProperty("expires_at") @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
        Long expiresAt,

        String filename,
        String purpose,
        String status) {

    static FileObject of(StoredFile file) {
        return new FileObject(
                file.id().value(),
                "file",
                file.bytes(),
                file.createdAt().getEpochSecond(),
                file.expiresAt() == null ? null : file.expiresAt().getEpochSecond(),
                file.filename(),
                file.purpose().wireName(),
                "processed");
    }

    /** The answer to a deletion. Immutable. */
    record Deleted(String id, String object, boolean deleted) {}
}
