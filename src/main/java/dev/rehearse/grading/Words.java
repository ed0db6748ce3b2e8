package dev.rehearse.grading;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Texts into words, as the metrics' papers count them.
 *
 * <p>Any thread.
 */
final class Words {
    private static final Pattern PUNCTUATION = Pattern.compile("([{-~\\[-` -&(-+:-@/])");
    private static final Pattern POINT_AFTER_NON_DIGIT = Pattern.compile("([^0-9])([.,])");
    private static final Pattern POINT_BEFORE_NON_DIGIT = Pattern.compile("([.,])([^0-9])");
    private static final Pattern DASH_AFTER_DIGIT = Pattern.compile("([0-9])(-)");

    private Words() {}

    /**
     * The international part of NIST's {@code mteval-v13a.pl}: punctuation stands alone, except a point or comma inside
     * a number and a dash that follows no digit. A script without spaces stays one word. Reference: sacrebleu's
     * {@code tokenizer_13a}.
     */
    static List<String> mteval13a(String text) {
        String line = stripEnd(text)
                .replace("<skipped>", "")
                .replace("-\n", "")
                .replace("\n", " ")
                .replace("&quot;", "\"")
                .replace("&amp;", "&")
                .replace("&lt;", "<")
                .replace("&gt;", ">");
        line = PUNCTUATION.matcher(" " + line + " ").replaceAll(" $1 ");
        line = POINT_AFTER_NON_DIGIT.matcher(line).replaceAll("$1 $2 ");
        line = POINT_BEFORE_NON_DIGIT.matcher(line).replaceAll(" $1 $2");
        line = DASH_AFTER_DIGIT.matcher(line).replaceAll("$1 $2 ");
        return splitAtSpaces(line);
    }

    /**
     * Lower-cased runs of letters, digits and the marks on them; an ideograph or kana is a word by itself, since those
     * scripts put no spaces between words. On ASCII this is rouge_score's {@code [a-z0-9]+}.
     */
    static List<String> alphanumeric(String text) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        text.toLowerCase(Locale.ROOT).codePoints().forEach(symbol -> {
            boolean alone = isWordByItself(symbol);
            boolean part = Character.isLetterOrDigit(symbol) || isMark(symbol) && !word.isEmpty();
            if (alone || !part) {
                flush(word, words);
            }
            if (part) {
                word.appendCodePoint(symbol);
            }
        });
        flush(word, words);
        return words;
    }

    /** The same number for the same word, across both texts: (|text| numbers, |reference| numbers). */
    static int[][] numbered(List<String> text, List<String> reference) {
        Map<String, Integer> numbers = new HashMap<>();
        return new int[][] {numbered(text, numbers), numbered(reference, numbers)};
    }

    private static int[] numbered(List<String> words, Map<String, Integer> numbers) {
        return words.stream()
                .mapToInt(word -> numbers.computeIfAbsent(word, unseen -> numbers.size()))
                .toArray();
    }

    private static void flush(StringBuilder word, List<String> words) {
        if (!word.isEmpty()) {
            words.add(word.toString());
            word.setLength(0);
        }
    }

    private static List<String> splitAtSpaces(String line) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        line.codePoints().forEach(symbol -> {
            if (isSpace(symbol)) {
                flush(word, words);
            } else {
                word.appendCodePoint(symbol);
            }
        });
        flush(word, words);
        return words;
    }

    private static String stripEnd(String text) {
        int end = text.length();
        while (end > 0 && isSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(0, end);
    }

    /** Python's {@code str.isspace}, which counts no-break spaces and U+0085, unlike {@link Character#isWhitespace}. */
    private static boolean isSpace(int symbol) {
        return Character.isWhitespace(symbol) || Character.isSpaceChar(symbol) || symbol == 0x85;
    }

    private static boolean isWordByItself(int symbol) {
        if (Character.isIdeographic(symbol)) {
            return true;
        }
        Character.UnicodeScript script = Character.UnicodeScript.of(symbol);
        return script == Character.UnicodeScript.HIRAGANA || script == Character.UnicodeScript.KATAKANA;
    }

    private static boolean isMark(int symbol) {
        int type = Character.getType(symbol);
        return type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK;
    }
}
