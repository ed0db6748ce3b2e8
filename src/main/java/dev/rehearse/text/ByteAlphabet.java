package dev.rehearse.text;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * GPT-2's spelling of the 256 bytes by printable characters: printable Latin-1 stands for itself, the other 68 bytes for U+0100
 * upwards in order. Immutable.
 */
final class ByteAlphabet {
    private static final int FIRST_STAND_IN = 0x100;
    private static final char[] SPELLING = new char[256];
    private static final int[] BYTE_OF = new int[FIRST_STAND_IN + 256];

    static {
        Arrays.fill(BYTE_OF, -1);
        int standIn = FIRST_STAND_IN;
        for (int b = 0; b < 256; b++) {
            boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
            SPELLING[b] = (char) (printable ? b : standIn++);
            BYTE_OF[SPELLING[b]] = b;
        }
    }

    private ByteAlphabet() {}

    static char spelling(int unsignedByte) {
        return SPELLING[unsignedByte];
    }

    /** A token with a character outside the alphabet (an added token) stands for its own UTF-8. */
    static byte[] bytes(String token) {
        byte[] bytes = new byte[token.length()];
        for (int i = 0; i < bytes.length; i++) {
            char c = token.charAt(i);
            if (c >= BYTE_OF.length || BYTE_OF[c] < 0) {
                return token.getBytes(StandardCharsets.UTF_8);
            }
            bytes[i] = (byte) BYTE_OF[c];
        }
        return bytes;
    }
}
