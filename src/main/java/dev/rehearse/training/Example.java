package dev.rehearse.training;

import dev.rehearse.text.Message;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * One row of a training file. Immutable.
 *
 * @param line where it stands in its file, counted from 1
 * @param item every other key of the row, as parsed JSON: what graders see as {@code item}
 */
public record Example(int line, Conversation conversation, Map<String, Object> item) {

    /** What the row teaches from. */
    public sealed interface Conversation {
        /** The same conversation with every text changed. */
        Conversation map(UnaryOperator<String> change);

        /**
         * Chat messages. For supervised training at least one is the assistant's; for reinforcement the last one is
         * the user's, and the model writes the reply.
         */
        record Chat(List<Message> messages) implements Conversation {
            public Chat {
                messages = List.copyOf(messages);
            }

            @Override
            public Chat map(UnaryOperator<String> change) {
                return new Chat(messages.stream()
                        .map(message -> new Message(message.role(), change.apply(message.content())))
                        .toList());
            }
        }

        /** Plain text and its continuation; the continuation is empty for reinforcement. */
        record Continuation(String prompt, String completion) implements Conversation {
            @Override
            public Continuation map(UnaryOperator<String> change) {
                return new Continuation(change.apply(prompt), change.apply(completion));
            }
        }
    }
}
