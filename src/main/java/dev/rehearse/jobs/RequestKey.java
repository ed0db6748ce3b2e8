package dev.rehearse.jobs;

import dev.rehearse.web.ApiException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * How a repeated request is recognised: clients retry without saying so. Immutable.
 *
 * @param hash of who asked and of the body
 * @param idempotencyKey of who asked and of what the client calls its request; most call it nothing
 * @param repeated whether the client says that it has asked before
 */
record RequestKey(String hash, @Nullable String idempotencyKey, Repeated repeated) {
    private static final int LONGEST_KEY = 255;

    /** Whether a request comes again. */
    enum Repeated {
        NO,
        YES
    }

    static RequestKey of(
            byte[] body, @Nullable String caller, @Nullable String idempotencyKey, @Nullable String retryCount) {
        boolean again = retryCount != null && !retryCount.isEmpty() && !retryCount.equals("0");
        return new RequestKey(hash(caller, body), own(caller, idempotencyKey), again ? Repeated.YES : Repeated.NO);
    }

    /** Two callers may choose the same key. */
    private static @Nullable String own(@Nullable String caller, @Nullable String idempotencyKey) {
        if (idempotencyKey == null || idempotencyKey.isBlank()) {
            return null;
        }
        if (idempotencyKey.length() > LONGEST_KEY) {
            throw ApiException.invalid(
                    "invalid_value",
                    "Idempotency-Key",
                    "The Idempotency-Key has " + idempotencyKey.length() + " characters. Allowed: at most "
                            + LONGEST_KEY + '.');
        }
        return hash(caller, idempotencyKey.getBytes(StandardCharsets.UTF_8));
    }

    private static String hash(@Nullable String caller, byte[] content) {
        MessageDigest digest = sha256();
        digest.update((caller == null ? "" : caller).getBytes(StandardCharsets.UTF_8));
        digest.update((byte) '\n');
        return HexFormat.of().formatHex(digest.digest(content));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
