package dev.rehearse.keys;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * What is kept of a key: its SHA-256. Nothing slower is needed, since nobody can guess 24 random letters and digits.
 * Immutable.
 *
 * @param hex 64 lower-case digits
 */
record KeyHash(String hex) {
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

    KeyHash {
        if (!HEX.matcher(hex).matches()) {
            throw new IllegalArgumentException(
                    "a SHA-256 is 64 lower-case hex digits, not " + hex.length() + " others");
        }
    }

    static KeyHash of(String key) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return new KeyHash(HexFormat.of().formatHex(digest.digest(key.getBytes(StandardCharsets.UTF_8))));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Whether both are of the same key; takes the same time wherever they differ. */
    boolean matches(KeyHash other) {
        return MessageDigest.isEqual(
                hex.getBytes(StandardCharsets.US_ASCII), other.hex.getBytes(StandardCharsets.US_ASCII));
    }
}
