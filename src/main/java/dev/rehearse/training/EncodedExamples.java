package dev.rehearse.training;

import dev.rehearse.networks.TokenBatch;
import dev.rehearse.text.ChatTemplate;
import dev.rehearse.text.Encoded;
import dev.rehearse.text.Message;
import dev.rehearse.training.Example.Conversation.Chat;
import dev.rehearse.training.Example.Conversation.Continuation;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Examples as token ids with the positions to learn. Stateless. */
final class EncodedExamples {
    private EncodedExamples() {}

    /** What one example teaches: tokens, and the positions of the reply's. */
    record Sequence(int[] tokens, int[] actions) {}

    /** All text of the examples, for training a tokenizer. */
    static Stream<String> texts(List<Example> examples) {
        return examples.stream().flatMap(example -> {
            if (example.conversation() instanceof Chat chat) {
                return chat.messages().stream().map(Message::content);
            }
            Continuation continuation = (Continuation) example.conversation();
            return Stream.of(continuation.prompt(), continuation.completion());
        });
    }

    /**
     * Encodes whole conversations.
     *
     * @throws InvalidExampleException when one is longer than the context or has no reply
     */
    static List<Sequence> sequences(List<Example> examples, ChatTemplate template, int contextLength) {
        List<Sequence> sequences = new ArrayList<>(examples.size());
        for (Example example : examples) {
            Encoded encoded = encoded(example, template);
            if (encoded.ids().length > contextLength) {
                throw new InvalidExampleException(
                        example.line(), encoded.ids().length + " tokens; the model's context holds " + contextLength);
            }
            int[] actions = IntStream.range(1, encoded.ids().length)
                    .filter(t -> encoded.actions()[t])
                    .toArray();
            if (actions.length == 0) {
                throw new InvalidExampleException(example.line(), "no reply to learn from");
            }
            sequences.add(new Sequence(encoded.ids(), actions));
        }
        return sequences;
    }

    private static Encoded encoded(Example example, ChatTemplate template) {
        if (example.conversation() instanceof Chat chat) {
            return template.conversation(chat.messages());
        }
        Continuation continuation = (Continuation) example.conversation();
        return template.completion(continuation.prompt(), continuation.completion());
    }

    /**
     * Encodes what the model replies to.
     *
     * @throws InvalidExampleException when a prompt leaves no room for a reply
     */
    static List<int[]> prompts(List<Example> examples, ChatTemplate template, int contextLength) {
        List<int[]> prompts = new ArrayList<>(examples.size());
        for (Example example : examples) {
            int[] prompt = example.conversation() instanceof Chat chat
                    ? template.prompt(chat.messages())
                    : template.prompt(((Continuation) example.conversation()).prompt());
            if (prompt.length == 0 || prompt.length >= contextLength) {
                throw new InvalidExampleException(
                        example.line(),
                        "a prompt of " + prompt.length + " tokens; allowed: 1 to " + (contextLength - 1)
                                + ", so that a reply fits the context of " + contextLength);
            }
            prompts.add(prompt);
        }
        return prompts;
    }

    /** Encodes validation examples; what cannot be learned from is named as one of them. */
    static <T> T validation(Supplier<T> encoding) {
        try {
            return encoding.get();
        } catch (InvalidExampleException e) {
            throw e.inValidation();
        }
    }

    static TokenBatch batch(List<Sequence> sequences) {
        return new TokenBatch(
                sequences.stream().map(Sequence::tokens).toArray(int[][]::new),
                sequences.stream().map(Sequence::actions).toArray(int[][]::new));
    }
}
