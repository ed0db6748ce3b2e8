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
 * @param idempotencyKey what the client calls its request; most give nothing
 * @param repeated whether the client says that it has asked before
 */
record RequestKey(String hash, @Nullable String idempotencyKey, Repeated repeated) {
    private static final int LONGEST_KEY = 255;

    RequestKey {
        if (idempotencyKey != null && idempotencyKey.length() > LONGEST_KEY) {
            throw ApiException.invalid(
                    "invalid_value", "Idempotency-Key", "An Idempotency-Key has at most 255 characters.");
        }
    }

    /** Whether a request comes again. */
    enum Repeated {
        NO,
        YES
    }

    static RequestKey of(
            byte[] body, @Nullable String caller, @Nullable String idempotencyKey, @Nullable String retryCount) {
        MessageDigest digest = sha256();
        digest.update((caller == null ? "" : caller).getBytes(StandardCharsets.UTF_8));
        digest.update((byte) '\n');
        String hash = HexFormat.of().formatHex(digest.digest(body));
        boolean again = retryCount != null && !retryCount.isEmpty() && !retryCount.equals("0");
        String key = idempotencyKey == null || idempotencyKey.isBlank() ? null : idempotencyKey;
        return new RequestKey(hash, key, again ? Repeated.YES : Repeated.NO);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
