package dev.rehearse.models;

import dev.rehearse.generation.BatchScheduler;
import dev.rehearse.generation.GenerationListener;
import dev.rehearse.generation.GenerationRequest;
import dev.rehearse.text.ChatTemplate;
import dev.rehearse.text.Message;
import dev.rehearse.text.Tokenizer;
import java.util.List;
import org.springframework.util.unit.DataSize;

/**
 * A tokenizer and a scheduler over the network of one model directory; closing closes both. Thread-safe.
 *
 * @param size memory held by the weights, and by keys and values when every slot is full
 * @param hasQ whether Q heads guide its replies
 */
public record OpenedModel(
        Tokenizer tokenizer,
        ChatTemplate template,
        BatchScheduler scheduler,
        int contextLength,
        DataSize size,
        boolean hasQ)
        implements LoadedModel {
    @Override
    public int vocabularySize() {
        return tokenizer.vocabularySize();
    }

    @Override
    public int[] encode(String text) {
        return template.prompt(text);
    }

    @Override
    public int[] encode(List<Message> conversation) {
        return template.prompt(conversation);
    }

    @Override
    public String decode(int[] tokens) {
        return tokenizer.decode(tokens);
    }

    @Override
    public byte[] spell(int token) {
        return tokenizer.bytes(token);
    }

    @Override
    public boolean isSpecial(int token) {
        return tokenizer.isSpecial(token);
    }

    @Override
    public boolean scoresPrompts() {
        return scheduler.scoresPrompts();
    }

    @Override
    public float[] embed(int[] tokens) {
        return scheduler.embed(tokens);
    }

    @Override
    public BatchScheduler.Load load() {
        return scheduler.load();
    }

    @Override
    public boolean canHold(List<GenerationRequest> requests) {
        return scheduler.canHold(requests);
    }

    @Override
    public BatchScheduler.Ticket submit(GenerationRequest request, GenerationListener listener) {
        return scheduler.submit(request, listener);
    }

    @Override
    public void close() {
        try {
            scheduler.close();
        } finally {
            tokenizer.close();
        }
    }
}
