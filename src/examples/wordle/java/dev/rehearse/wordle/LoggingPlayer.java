package dev.rehearse.wordle;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Whose games are logged: with probability 0.66 a random word of the list, else a random one of those that fit every
 * answer so far (the data policy of LMRL-Gym's Wordle: Abdulhai et al. 2023, arXiv:2311.18232). Confined to one thread.
 */
final class LoggingPlayer {
    private static final double ANY_WORD = 0.66;

    private final Rules rules;
    private final RandomGenerator random;

    LoggingPlayer(Rules rules, RandomGenerator random) {
        this.rules = rules;
        this.random = random;
    }

    /** A game for a random hidden word. */
    Game play() {
        int hidden = random.nextInt(rules.count());
        List<Integer> guesses = new ArrayList<>();
        List<Integer> fitting = new ArrayList<>();
        for (int word = 0; word < rules.count(); word++) {
            fitting.add(word);
        }
        while (guesses.size() < Rules.GUESSES && !guesses.contains(hidden)) {
            int guess = random.nextDouble() < ANY_WORD
                    ? random.nextInt(rules.count())
                    : fitting.get(random.nextInt(fitting.size()));
            guesses.add(guess);
            short answer = rules.answer(hidden, guess);
            fitting.removeIf(word -> rules.answer(word, guess) != answer);
        }
        return new Game(rules.word(hidden), guesses.stream().map(rules::word).toList());
    }
}
