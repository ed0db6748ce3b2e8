package dev.rehearse.endtoend;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/** The task of these tests: reply with {@code say} and what was said. Words of few letters, the same for each seed. */
final class EchoTask {
    private static final List<String> LETTERS = List.of("a", "e", "i", "k", "l", "o", "s", "t");
    private static final String REPLY = "say ";

    private EchoTask() {}

    /** Rows whose last message is the assistant's. */
    static byte[] dialogues(int rows, long seed) {
        return bytes(words(rows, seed).stream().map(EchoTask::dialogue).toList());
    }

    /** Rows whose last message is the user's; the graders read {@code answer}. */
    static byte[] questions(int rows, long seed) {
        return bytes(words(rows, seed).stream()
                .map(word -> "{\"messages\":[{\"role\":\"user\",\"content\":\"" + word + "\"}],\"answer\":\"" + REPLY
                        + word + "\"}")
                .toList());
    }

    static String dialogue(String word) {
        return "{\"messages\":[{\"role\":\"user\",\"content\":\"" + word + "\"},{\"role\":\"assistant\",\"content\":\""
                + REPLY + word + "\"}]}";
    }

    static byte[] bytes(List<String> lines) {
        return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static List<String> words(int count, long seed) {
        Random random = new Random(seed);
        List<String> words = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            words.add(random.ints(2 + random.nextInt(3), 0, LETTERS.size())
                    .mapToObj(LETTERS::get)
                    .collect(Collectors.joining(" ")));
        }
        return words;
    }
}
