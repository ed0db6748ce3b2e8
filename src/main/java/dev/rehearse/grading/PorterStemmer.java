package dev.rehearse.grading;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * English words to stems that need not be words: <i>relational</i> and <i>relate</i> to <i>relat</i> (M. F. Porter, "An
 * algorithm for suffix stripping", Program 14(3), 1980). Steps are named as in the paper.
 *
 * <p>Reference: nltk's {@code PorterStemmer()}, whose METEOR this serves. Compared: nltk 3.10.3.
 *
 * <p>Deviations from the paper, all nltk's:
 *
 * <ol>
 *   <li>A short table of irregular words, and words of one or two letters stay as they are.
 *   <li>1a, 1b: a four-letter word in <i>-ies</i> or <i>-ied</i> keeps <i>-ie</i> (<i>dies, died</i> to <i>die</i>); a
 *       longer one in <i>-ied</i> keeps <i>-i</i>.
 *   <li>1c: y becomes i after a consonant that is not the first letter, rather than after any vowel (<i>enjoy</i> stays).
 *   <li>2: <i>-bli</i> for <i>-abli</i>; <i>-alli</i> first, and then the step again; <i>-fulli</i> and <i>-logi</i>
 *       added.
 *   <li>*o also holds for a vowel and a consonant alone.
 * </ol>
 *
 * <p>Any thread.
 */
final class PorterStemmer {
    private static final Map<String, String> IRREGULAR = irregular();

    private static final List<String[]> STEP_2 =
            rules("ational ate, tional tion, enci ence, anci ance, izer ize, bli ble,"
                    + " alli al, entli ent, eli e, ousli ous, ization ize, ation ate, ator ate, alism al, iveness ive,"
                    + " fulness ful, ousness ous, aliti al, iviti ive, biliti ble, fulli ful, logi log");
    private static final List<String[]> STEP_3 = rules("icate ic, ative -, alize al, iciti ic, ical ic, ful -, ness -");
    private static final List<String[]> STEP_4 =
            rules("al -, ance -, ence -, er -, ic -, able -, ible -, ant -, ement -,"
                    + " ment -, ent -, ion -, ou -, ism -, ate -, iti -, ous -, ive -, ize -");

    private PorterStemmer() {}

    /** The word is in lower case. */
    static String stem(String word) {
        String known = IRREGULAR.get(word);
        if (known != null) {
            return known;
        }
        return word.length() <= 2 ? word : step5b(step5a(step4(step3(step2(step1c(step1b(step1a(word))))))));
    }

    private static String step1a(String word) {
        if (word.endsWith("ies")) {
            return cut(word, word.length() == 4 ? 1 : 2);
        }
        if (word.endsWith("sses")) {
            return cut(word, 2);
        }
        return word.endsWith("s") && !word.endsWith("ss") ? cut(word, 1) : word;
    }

    private static String step1b(String word) {
        if (word.endsWith("ied")) {
            return cut(word, word.length() == 4 ? 1 : 2);
        }
        if (word.endsWith("eed")) {
            return measure(cut(word, 3)) > 0 ? cut(word, 1) : word;
        }
        for (String suffix : List.of("ed", "ing")) {
            if (word.endsWith(suffix) && hasVowel(cut(word, suffix.length()))) {
                return step1bTidied(cut(word, suffix.length()));
            }
        }
        return word;
    }

    /** Gives <i>conflat, hopp, fil</i> the shape of <i>conflate, hop, file</i>. */
    private static String step1bTidied(String stem) {
        if (stem.endsWith("at") || stem.endsWith("bl") || stem.endsWith("iz")) {
            return stem + "e";
        }
        if (endsWithDoubleConsonant(stem)) {
            return "lsz".indexOf(last(stem)) < 0 ? cut(stem, 1) : stem;
        }
        return measure(stem) == 1 && endsConsonantVowelConsonant(stem) ? stem + "e" : stem;
    }

    private static String step1c(String word) {
        boolean applies = word.length() > 2 && word.endsWith("y") && isConsonant(word, word.length() - 2);
        return applies ? cut(word, 1) + "i" : word;
    }

    private static String step2(String word) {
        if (word.endsWith("alli") && measure(cut(word, 4)) > 0) {
            return step2(cut(word, 2));
        }
        for (String[] rule : STEP_2) {
            if (word.endsWith(rule[0])) {
                // the l of -logi counts with the stem, so that "geologi" is long enough
                int counted = rule[0].equals("logi") ? 3 : rule[0].length();
                return measure(cut(word, counted)) > 0 ? replaced(word, rule) : word;
            }
        }
        return word;
    }

    private static String step3(String word) {
        for (String[] rule : STEP_3) {
            if (word.endsWith(rule[0])) {
                return measure(cut(word, rule[0].length())) > 0 ? replaced(word, rule) : word;
            }
        }
        return word;
    }

    private static String step4(String word) {
        for (String[] rule : STEP_4) {
            if (word.endsWith(rule[0])) {
                String stem = cut(word, rule[0].length());
                boolean applies = measure(stem) > 1 && (!rule[0].equals("ion") || "st".indexOf(last(stem)) >= 0);
                return applies ? stem : word;
            }
        }
        return word;
    }

    private static String step5a(String word) {
        if (!word.endsWith("e")) {
            return word;
        }
        String stem = cut(word, 1);
        int measure = measure(stem);
        return measure > 1 || measure == 1 && !endsConsonantVowelConsonant(stem) ? stem : word;
    }

    private static String step5b(String word) {
        return word.endsWith("ll") && measure(cut(word, 1)) > 1 ? cut(word, 1) : word;
    }

    /** How often a vowel is followed by a consonant: the paper's m. */
    private static int measure(String stem) {
        int measure = 0;
        boolean consonant = true;
        for (int i = 0; i < stem.length(); i++) {
            boolean before = consonant;
            consonant = isConsonant(stem.charAt(i), i == 0 || !before);
            measure += i > 0 && !before && consonant ? 1 : 0;
        }
        return measure;
    }

    private static boolean hasVowel(String stem) {
        boolean consonant = false;
        for (int i = 0; i < stem.length(); i++) {
            consonant = isConsonant(stem.charAt(i), i == 0 || !consonant);
            if (!consonant) {
                return true;
            }
        }
        return false;
    }

    /** A y is a consonant at the start and after a vowel, which a run of them takes by turns. */
    private static boolean isConsonant(String word, int i) {
        int start = i;
        while (start > 0 && word.charAt(start) == 'y') {
            start--;
        }
        boolean first = isConsonant(word.charAt(start), true);
        return first == ((i - start) % 2 == 0);
    }

    private static boolean isConsonant(char letter, boolean consonantIfY) {
        return letter == 'y' ? consonantIfY : "aeiou".indexOf(letter) < 0;
    }

    private static boolean endsWithDoubleConsonant(String word) {
        int length = word.length();
        return length >= 2 && last(word) == word.charAt(length - 2) && isConsonant(word, length - 1);
    }

    private static boolean endsConsonantVowelConsonant(String word) {
        int length = word.length();
        if (length == 2) {
            return !isConsonant(word, 0) && isConsonant(word, 1);
        }
        return length >= 3
                && isConsonant(word, length - 3)
                && !isConsonant(word, length - 2)
                && isConsonant(word, length - 1)
                && "wxy".indexOf(last(word)) < 0;
    }

    private static char last(String word) {
        return word.charAt(word.length() - 1);
    }

    private static String cut(String word, int letters) {
        return word.substring(0, word.length() - letters);
    }

    private static String replaced(String word, String[] rule) {
        return cut(word, rule[0].length()) + rule[1];
    }

    /** Pairs of suffix and replacement, {@code -} for nothing; the first suffix that fits decides. */
    private static List<String[]> rules(String pairs) {
        return List.of(pairs.split(", ")).stream()
                .map(pair -> pair.replace("-", "").split(" ", -1))
                .toList();
    }

    private static Map<String, String> irregular() {
        Map<String, String> stems = new HashMap<>();
        for (String pair :
                ("skies sky, sky sky, dying die, lying lie, tying tie, news news, innings inning, inning inning,"
                                + " outings outing, outing outing, cannings canning, canning canning, howe howe,"
                                + " proceed proceed, exceed exceed, succeed succeed")
                        .split(", ")) {
            stems.put(pair.substring(0, pair.indexOf(' ')), pair.substring(pair.indexOf(' ') + 1));
        }
        return Map.copyOf(stems);
    }
}
