package dev.rehearse.files;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an uploaded file; its bytes lie beside. Immutable.
 *
 * @param expiresAt when it stops being there; null for never
 */
public record StoredFile(
        FileId id,
        String filename,
        Purpose purpose,
        long bytes,
        Instant createdAt,
        @Nullable Instant expiresAt) {}
