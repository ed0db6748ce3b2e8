package dev.rehearse.text;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What one token of a trained tokenizer stands for. Immutable. */
public enum TokenizerKind {
    /** A run of characters between white space; decoding joins words by one space, so other spacing is lost. */
    WORD,
    /** One Unicode character (code point), white space included. */
    CHAR,
    /** A run of UTF-8 bytes, merged by frequency: every text has an encoding. */
    BPE;

    /** As it stands in settings, for example {@code "bpe"}. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException for anything but the exact wire names */
    public static TokenizerKind of(String wireName) {
        for (TokenizerKind kind : values()) {
            if (kind.wireName().equals(wireName)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("tokenizer must be one of "
                + Arrays.stream(values()).map(TokenizerKind::wireName).collect(Collectors.joining(", ")) + ", not '"
                + wireName + "'");
    }
}
