package dev.rehearse.text;

import java.text.Normalizer;
import java.util.Locale;

/**
 * What raw text goes through before it is trained on; any input is accepted and cleaning twice changes nothing more.
 *
 * <ol>
 *   <li>Line ends of every kind (CR LF, CR, NEL, LS, PS, VT, FF) become {@code \n}; other horizontal white space (tab, no-break and
 *       ideographic space) becomes a space.
 *   <li>Remaining control characters, byte order marks and noncharacters are dropped. So are lone surrogates and U+FFFD, the traces of
 *       broken UTF-8: nobody typed them, and a model that has read them learns to write them. Format characters stay: emoji sequences
 *       need the zero-width joiner.
 *   <li>Unicode NFC, then lower case where asked.
 *   <li>Runs of spaces become one, lines are trimmed, more than one empty line becomes one, the whole is trimmed.
 * </ol>
 *
 * Immutable.
 *
 * @param lowercase whether letters are folded to lower case
 */
public record TextCleaning(boolean lowercase) {
    private static final int REPLACEMENT = 0xFFFD;
    private static final int BYTE_ORDER_MARK = 0xFEFF;

    /** Never throws, and answers the empty string when nothing is left. */
    public String clean(String text) {
        String normal = normalize(keptCharacters(text), lowercase);
        return tidiedSpace(Normalizer.normalize(normal, Normalizer.Form.NFC));
    }

    /**
     * What the {@code normalizer} of our tokenizer.json does: NFC, then each character lowered by itself, so that a final sigma is
     * lowered as the tokenizers library lowers it.
     */
    static String normalize(String text, boolean lowercase) {
        String composed = Normalizer.normalize(wellFormed(text), Normalizer.Form.NFC);
        if (!lowercase) {
            return composed;
        }
        StringBuilder lowered = new StringBuilder(composed.length());
        composed.codePoints().forEach(c -> lowered.append(Character.toString(c).toLowerCase(Locale.ROOT)));
        return lowered.toString();
    }

    /** Lone surrogates become U+FFFD: the native library would otherwise misread every supplementary character of the text. */
    static String wellFormed(String text) {
        if (text.codePoints().noneMatch(TextCleaning::isLoneSurrogate)) {
            return text;
        }
        StringBuilder kept = new StringBuilder(text.length());
        text.codePoints().forEach(c -> kept.appendCodePoint(isLoneSurrogate(c) ? REPLACEMENT : c));
        return kept.toString();
    }

    private static boolean isLoneSurrogate(int c) {
        return c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
    }

    private static String keptCharacters(String text) {
        StringBuilder kept = new StringBuilder(text.length());
        text.replace("\r\n", "\n").codePoints().forEach(c -> {
            if (isLineEnd(c)) {
                kept.append('\n');
            } else if (c == '\t' || Character.getType(c) == Character.SPACE_SEPARATOR) {
                kept.append(' ');
            } else if (!isDropped(c)) {
                kept.appendCodePoint(c);
            }
        });
        return kept.toString();
    }

    private static boolean isLineEnd(int c) {
        return (c >= '\n' && c <= '\r') || c == 0x85 || c == 0x2028 || c == 0x2029;
    }

    private static boolean isDropped(int c) {
        boolean noncharacter = (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF);
        return Character.getType(c) == Character.CONTROL
                || isLoneSurrogate(c)
                || noncharacter
                || c == REPLACEMENT
                || c == BYTE_ORDER_MARK;
    }

    private static String tidiedSpace(String text) {
        return text.replaceAll(" +", " ")
                .replaceAll(" ?\n ?", "\n")
                .replaceAll("\n{3,}", "\n\n")
                .strip();
    }
}
