package dev.rehearse.wordle;

import java.util.Arrays;

/** The rules of the game over one list of words; words are indices into it. Immutable. */
final class Rules {
    static final int LETTERS = 5;
    static final int GUESSES = 6;

    private final String[] words;
    /** What a guess is answered, by hidden word and guess: five digits to the base of three. */
    private final short[][] answers;

    Rules(String[] words) {
        this.words = words.clone();
        answers = new short[words.length][words.length];
        for (int hidden = 0; hidden < words.length; hidden++) {
            for (int guess = 0; guess < words.length; guess++) {
                answers[hidden][guess] = code(colours(words[hidden], words[guess]));
            }
        }
    }

    int count() {
        return words.length;
    }

    String word(int index) {
        return words[index];
    }

    boolean isWord(String text) {
        return Arrays.asList(words).contains(text);
    }

    short answer(int hidden, int guess) {
        return answers[hidden][guess];
    }

    /** Five of G (right place), Y (another place) and B (no more of this letter); a letter is counted once. */
    static String colours(String hidden, String guess) {
        char[] colours = new char[LETTERS];
        Arrays.fill(colours, 'B');
        int[] left = new int[128];
        for (int i = 0; i < LETTERS; i++) {
            if (hidden.charAt(i) == guess.charAt(i)) {
                colours[i] = 'G';
            } else {
                left[hidden.charAt(i)]++;
            }
        }
        for (int i = 0; i < LETTERS; i++) {
            char letter = guess.charAt(i);
            if (colours[i] != 'G' && letter < left.length && left[letter] > 0) {
                colours[i] = 'Y';
                left[letter]--;
            }
        }
        return new String(colours);
    }

    private static short code(String colours) {
        int code = 0;
        for (int i = 0; i < LETTERS; i++) {
            code = 3 * code + "BYG".indexOf(colours.charAt(i));
        }
        return (short) code;
    }
}
