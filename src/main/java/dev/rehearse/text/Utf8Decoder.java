package dev.rehearse.text;

/**
 * UTF-8 to text a byte at a time: a character is given out when its last byte arrives, and each maximal ill-formed part becomes one
 * U+FFFD (Unicode 15, section 3.9, table 3-8; the WHATWG decoder). Java's own decoder reads encoded surrogates differently from the
 * tokenizers library; this one agrees with it. Confined to one thread.
 */
final class Utf8Decoder {
    private static final char REPLACEMENT = '\uFFFD';

    private int codePoint;
    private int missing;
    /** Range of the next continuation byte: narrower after E0, ED, F0 and F4. */
    private int lower = 0x80;

    private int upper = 0xBF;

    void accept(byte[] bytes, StringBuilder text) {
        for (byte b : bytes) {
            accept(b & 0xFF, text);
        }
    }

    /** The input ends here: bytes held back stand for one U+FFFD. */
    void finish(StringBuilder text) {
        if (missing > 0) {
            text.append(REPLACEMENT);
            missing = 0;
        }
    }

    private void accept(int b, StringBuilder text) {
        if (missing > 0) {
            boolean continues = b >= lower && b <= upper;
            lower = 0x80;
            upper = 0xBF;
            if (continues) {
                codePoint = codePoint << 6 | (b & 0x3F);
                if (--missing == 0) {
                    text.appendCodePoint(codePoint);
                }
                return;
            }
            text.append(REPLACEMENT);
            missing = 0;
        }
        start(b, text);
    }

    private void start(int b, StringBuilder text) {
        if (b < 0x80) {
            text.append((char) b);
        } else if (b >= 0xC2 && b <= 0xDF) {
            missing = 1;
            codePoint = b & 0x1F;
        } else if (b >= 0xE0 && b <= 0xEF) {
            missing = 2;
            codePoint = b & 0x0F;
            lower = b == 0xE0 ? 0xA0 : 0x80;
            upper = b == 0xED ? 0x9F : 0xBF;
        } else if (b >= 0xF0 && b <= 0xF4) {
            missing = 3;
            codePoint = b & 0x07;
            lower = b == 0xF0 ? 0x90 : 0x80;
            upper = b == 0xF4 ? 0x8F : 0xBF;
        } else {
            text.append(REPLACEMENT);
        }
    }
}
