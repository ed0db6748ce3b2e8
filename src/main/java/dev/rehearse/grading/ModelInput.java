package dev.rehearse.grading;

import dev.rehearse.grading.ChatModels.Turn;
import java.util.List;
import java.util.Set;

/**
 * What a model grader is told: messages with holes.
 *
 * <p>Immutable.
 */
public record ModelInput(List<Message> messages) {
    /** Who may speak. */
    public static final Set<String> ROLES = Set.of("user", "assistant", "system", "developer");

    /** One message. */
    public record Message(String role, Template content) {
        public Message {
            if (!ROLES.contains(role)) {
                throw new IllegalArgumentException(
                        "role is '" + role + "'; it must be one of user, assistant, system, developer");
            }
        }
    }

    public ModelInput {
        messages = List.copyOf(messages);
        if (messages.isEmpty()) {
            throw new IllegalArgumentException("input is empty; a model grader needs at least one message");
        }
    }

    List<Turn> render(Subject subject) {
        return messages.stream()
                .map(message -> new Turn(message.role(), message.content().render(subject.item(), subject.sample())))
                .toList();
    }
}
