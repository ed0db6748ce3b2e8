package dev.rehearse.models;

import dev.rehearse.generation.BatchScheduler;
import dev.rehearse.generation.GenerationListener;
import dev.rehearse.generation.GenerationRequest;
import dev.rehearse.text.Message;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.util.unit.DataSize;

/** Counts how often it is closed; answers nothing. */
final class FakeLoadedModel implements LoadedModel {
    final Model model;
    final AtomicInteger closed = new AtomicInteger();

    FakeLoadedModel(Model model) {
        this.model = model;
    }

    @Override
    public int contextLength() {
        return 64;
    }

    @Override
    public int vocabularySize() {
        return 128;
    }

    @Override
    public DataSize size() {
        return DataSize.ofBytes(1000);
    }

    @Override
    public int[] encode(String text) {
        return text.chars().toArray();
    }

    @Override
    public int[] encode(List<Message> conversation) {
        return encode(conversation.toString());
    }

    @Override
    public String decode(int[] tokens) {
        return new String(tokens, 0, tokens.length);
    }

    @Override
    public byte[] spell(int token) {
        return new byte[] {(byte) token};
    }

    @Override
    public boolean isSpecial(int token) {
        return false;
    }

    @Override
    public boolean hasQ() {
        return false;
    }

    @Override
    public boolean canHold(List<GenerationRequest> requests) {
        return true;
    }

    @Override
    public float[] embed(int[] tokens) {
        throw new UnsupportedOperationException();
    }

    @Override
    public BatchScheduler.Load load() {
        return new BatchScheduler.Load(0, 0, 0, 0);
    }

    @Override
    public BatchScheduler.Ticket submit(GenerationRequest request, GenerationListener listener) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        closed.incrementAndGet();
    }
}
