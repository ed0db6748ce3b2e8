package dev.rehearse.wordle;

import dev.rehearse.text.Message;
import dev.rehearse.text.Role;
import dev.rehearse.training.Example;
import dev.rehearse.training.Example.Conversation.Chat;
import dev.rehearse.training.LoggedEpisode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A game that was played to its end. As a dialogue the assistant's replies are the guesses, and the user answers with the
 * letters of the guess: a capital is in its right place, a circled one in another, and of a small one there is no more.
 * Immutable.
 */
record Game(String hidden, List<String> guesses) {
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz";
    private static final String RIGHT_PLACE = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private static final String OTHER_PLACE = "ⓐⓑⓒⓓⓔⓕⓖⓗⓘⓙⓚⓛⓜⓝⓞⓟⓠⓡⓢⓣⓤⓥⓦⓧⓨⓩ";
    /** Every character that a game is written with. */
    static final String ALPHABET = LETTERS + RIGHT_PLACE + OTHER_PLACE + "?";

    private static final Message OPENING = new Message(Role.USER, "?");

    /** 0 for the right guess and -1 for every other. */
    List<Double> rewards() {
        return guesses.stream().map(guess -> guess.equals(hidden) ? 0.0 : -1.0).toList();
    }

    double total() {
        return rewards().stream().mapToDouble(Double::doubleValue).sum();
    }

    boolean isWon() {
        return guesses.contains(hidden);
    }

    boolean isOver() {
        return isWon() || guesses.size() == Rules.GUESSES;
    }

    Game with(String guess) {
        List<String> more = new ArrayList<>(guesses);
        more.add(guess);
        return new Game(hidden, more);
    }

    /** What the next guess is a reply to. */
    List<Message> messages() {
        List<Message> messages = new ArrayList<>();
        messages.add(OPENING);
        for (String guess : guesses) {
            messages.add(new Message(Role.ASSISTANT, guess));
            messages.add(new Message(Role.USER, answer(guess)));
        }
        return messages;
    }

    /** The guess again, each letter written as it was judged: one token says both what and how right. */
    private String answer(String guess) {
        String colours = Rules.colours(hidden, guess);
        StringBuilder answer = new StringBuilder();
        for (int i = 0; i < guess.length(); i++) {
            answer.append(judged(guess.charAt(i), colours.charAt(i)));
        }
        return answer.toString();
    }

    private static char judged(char letter, char colour) {
        int index = LETTERS.indexOf(letter);
        if (index < 0) {
            return '?';
        }
        return switch (colour) {
            case 'G' -> RIGHT_PLACE.charAt(index);
            case 'Y' -> OTHER_PLACE.charAt(index);
            default -> letter;
        };
    }

    /** The messages up to the last guess, whose answer nobody needs. */
    private Chat dialogue() {
        List<Message> messages = messages();
        return new Chat(messages.subList(0, messages.size() - 1));
    }

    Example example(int line) {
        return new Example(line, dialogue(), Map.of());
    }

    /** As a demonstration, so that cloning goes on beside Q-learning. */
    LoggedEpisode episode(int line) {
        return new LoggedEpisode(
                line, dialogue(), rewards(), LoggedEpisode.End.DONE, LoggedEpisode.Teaching.DEMONSTRATION);
    }
}
