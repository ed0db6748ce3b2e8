package dev.rehearse.web;

import java.security.SecureRandom;

/** Ids nobody can guess, in the alphabet of OpenAI's. Thread-safe. */
public final class FreshId {
    private static final String ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final int LENGTH = 24;
    private static final SecureRandom RANDOM = new SecureRandom();

    private FreshId() {}

    /** The prefix and 24 letters and digits, about 143 random bits. */
    public static String withPrefix(String prefix) {
        StringBuilder id = new StringBuilder(prefix);
        RANDOM.ints(LENGTH, 0, ALPHABET.length()).forEach(index -> id.append(ALPHABET.charAt(index)));
        return id.toString();
    }

    /** A seed for somebody who gave none. */
    public static int seed() {
        return RANDOM.nextInt(Integer.MAX_VALUE);
    }
}
