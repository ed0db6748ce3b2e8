package dev.rehearse.jobs;

import dev.rehearse.training.Example;
import java.util.List;

/** Makes a conversation of its turns. Any thread may ask. */
@FunctionalInterface
public interface Dialogues {
    /** @throws IllegalArgumentException when nobody speaks in such a role */
    Example.Conversation.Chat of(List<Turn> turns);

    /** One turn as it stands in a row. Immutable. */
    record Turn(String role, String content) {}
}
