package dev.rehearse.models;

import dev.rehearse.generation.BatchScheduler;
import dev.rehearse.generation.GenerationListener;
import dev.rehearse.generation.GenerationRequest;
import dev.rehearse.text.Message;
import java.util.List;
import org.springframework.util.unit.DataSize;

/** A model whose network is in memory, as those who ask it for replies see it. Thread-safe. */
public interface LoadedModel extends AutoCloseable {
    /** Most tokens of prompt and reply together. */
    int contextLength();

    /** Token ids are below this. */
    int vocabularySize();

    /** Memory held by the weights, and by keys and values when every slot is full. */
    DataSize size();

    /** Whether Q heads guide its replies. */
    boolean hasQ();

    /** As {@link BatchScheduler#scoresPrompts}. */
    default boolean scoresPrompts() {
        return true;
    }

    /** As {@link BatchScheduler#embed}. */
    float[] embed(int[] tokens);

    /** How much it has to do. */
    BatchScheduler.Load load();

    /** The tokens of a text as it stands, after what the model wants before any text; may be none for an empty text. */
    int[] encode(String text);

    /**
     * The tokens of a conversation, up to where the assistant's next turn begins.
     *
     * @throws IllegalArgumentException when the model's chat template cannot say this conversation
     */
    int[] encode(List<Message> conversation);

    /** The text that tokens spell together, special ones left out. */
    String decode(int[] tokens);

    /** The bytes one token stands for, which may be part of a character; of a special token its name in UTF-8. */
    byte[] spell(int token);

    /** Whether the token is a mark like the end of a turn, which no text spells. */
    boolean isSpecial(int token);

    /** As {@link BatchScheduler#canHold}. */
    boolean canHold(List<GenerationRequest> requests);

    /** As {@link BatchScheduler#submit}. */
    BatchScheduler.Ticket submit(GenerationRequest request, GenerationListener listener);

    /** Fails the replies still under way and frees the network. Not called on the thread that generates. */
    @Override
    void close();
}
