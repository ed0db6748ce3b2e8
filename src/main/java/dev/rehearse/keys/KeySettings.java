package dev.rehearse.keys;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The key that is there before any other. Immutable.
 *
 * @param admin an administrator's key, or {@code sha256:} and the SHA-256 of one in hex; null or blank for none
 */
@ConfigurationProperties("rehearse.keys")
record KeySettings(@Nullable String admin) {
    private static final String HASHED = "sha256:";
    private static final Pattern KEY = Pattern.compile("[!-~]{16,255}");

    /** @throws IllegalStateException when it cannot be a key; the message does not have it */
    Optional<ApiKey> key() {
        if (admin == null || admin.isBlank()) {
            return Optional.empty();
        }
        return Optional.of(new ApiKey(
                new KeyId("key_admin"),
                "rehearse.keys.admin",
                "",
                hash(admin),
                Set.of(Scope.ADMIN),
                ApiKey.Limits.NONE,
                Instant.EPOCH));
    }

    private static KeyHash hash(String admin) {
        try {
            if (admin.startsWith(HASHED)) {
                return new KeyHash(admin.substring(HASHED.length()));
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException("rehearse.keys.admin: " + e.getMessage(), e);
        }
        if (!KEY.matcher(admin).matches()) {
            throw new IllegalStateException("rehearse.keys.admin has " + admin.length()
                    + " characters; allowed: 16 to 255 visible ASCII ones, or sha256: and 64 hex digits");
        }
        return KeyHash.of(admin);
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "KeySettings[admin=" + (admin == null ? "none" : "…") + "]";
    }
}
