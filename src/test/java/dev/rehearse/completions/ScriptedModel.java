package dev.rehearse.completions;

import dev.rehearse.generation.BatchScheduler;
import dev.rehearse.generation.Completion;
import dev.rehearse.generation.FinishReason;
import dev.rehearse.generation.GeneratedToken;
import dev.rehearse.generation.GeneratedToken.Alternative;
import dev.rehearse.generation.GeneratedToken.Value;
import dev.rehearse.generation.GenerationListener;
import dev.rehearse.generation.GenerationRequest;
import dev.rehearse.generation.Report.Part;
import dev.rehearse.models.LoadedModel;
import dev.rehearse.text.Message;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.springframework.util.unit.DataSize;

/** One character is one token, 0 is the end token, and each reply is played from a script on a thread of its own. */
final class ScriptedModel implements LoadedModel {
    static final int CONTEXT = 64;
    static final int END = 0;

    /** Plays one reply; runs on a thread of the model. */
    interface Script {
        void play(GenerationRequest request, GenerationListener listener, BooleanSupplier cancelled) throws Exception;
    }

    final List<GenerationRequest> requests = new CopyOnWriteArrayList<>();
    final CountDownLatch cancelled = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    volatile boolean hasQ;
    volatile boolean holdsAny = true;
    volatile BatchScheduler.Load load = new BatchScheduler.Load(0, 0, 0, 0);
    private volatile Script script = says("hi");

    void play(Script next) {
        script = next;
    }

    /** The text token by token, cut at the request's limit. */
    static Script says(String text) {
        return (request, listener, cancelled) -> {
            listener.admitted();
            List<GeneratedToken> prompt = prompt(request, listener);
            boolean whole = text.length() < request.maxTokens();
            String said = whole ? text : text.substring(0, request.maxTokens());
            List<GeneratedToken> tokens = new ArrayList<>();
            for (char c : said.toCharArray()) {
                tokens.add(token(c, request));
                listener.progressed(String.valueOf(c), List.of(tokens.get(tokens.size() - 1)));
            }
            if (whole) {
                tokens.add(token(END, request));
                listener.progressed("", List.of(tokens.get(tokens.size() - 1)));
            }
            FinishReason reason = whole ? FinishReason.STOP : FinishReason.LENGTH;
            listener.finished(new Completion(said, tokens, reason, request.prompt().length, prompt));
        };
    }

    private static List<GeneratedToken> prompt(GenerationRequest request, GenerationListener listener) {
        if (!request.report().parts().contains(Part.PROMPT)) {
            return List.of();
        }
        List<GeneratedToken> prompt = IntStream.of(request.prompt())
                .skip(1)
                .mapToObj(id -> token(id, request))
                .toList();
        listener.promptRead(prompt);
        return prompt;
    }

    private static GeneratedToken token(int id, GenerationRequest request) {
        List<Alternative> others = IntStream.range(0, request.report().topLogProbs())
                .mapToObj(i -> new Alternative(i == 1 ? 0xFF : 'a' + i, -1f - i))
                .toList();
        boolean valued = request.report().parts().contains(Part.VALUES);
        return new GeneratedToken(id, -0.5f, others, valued ? new Value(1.5f, 1) : null);
    }

    @Override
    public int contextLength() {
        return CONTEXT;
    }

    @Override
    public int vocabularySize() {
        return 256;
    }

    @Override
    public boolean canHold(List<GenerationRequest> asked) {
        return holdsAny;
    }

    @Override
    public DataSize size() {
        return DataSize.ofBytes(1);
    }

    @Override
    public int[] encode(String text) {
        return text.chars().toArray();
    }

    @Override
    public int[] encode(List<Message> conversation) {
        return encode(conversation.stream()
                .map(message -> message.role().wireName().charAt(0) + message.content())
                .collect(Collectors.joining("|")));
    }

    @Override
    public String decode(int[] tokens) {
        return new String(tokens, 0, tokens.length);
    }

    /** 0xFF stands for the first byte of a character, as in byte-level vocabularies. */
    @Override
    public byte[] spell(int token) {
        return switch (token) {
            case END -> "<|end|>".getBytes(StandardCharsets.UTF_8);
            case 0xFF -> new byte[] {(byte) 0xE2, (byte) 0x80};
            default -> Character.toString(token).getBytes(StandardCharsets.UTF_8);
        };
    }

    @Override
    public boolean isSpecial(int token) {
        return token == END;
    }

    @Override
    public boolean hasQ() {
        return hasQ;
    }

    @Override
    public float[] embed(int[] tokens) {
        float[] state = new float[8];
        for (int token : tokens) {
            state[token % 8] += 1;
        }
        return state;
    }

    @Override
    public BatchScheduler.Load load() {
        return load;
    }

    @Override
    public BatchScheduler.Ticket submit(GenerationRequest request, GenerationListener listener) {
        requests.add(request);
        AtomicBoolean stop = new AtomicBoolean();
        Script now = script;
        if (now instanceof Refusal refusal) {
            throw refusal.cause();
        }
        threads.execute(() -> {
            try {
                now.play(request, listener, stop::get);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        return () -> {
            stop.set(true);
            cancelled.countDown();
        };
    }

    /** Throws when asked. */
    record Refusal(RuntimeException cause) implements Script {
        @Override
        public void play(GenerationRequest request, GenerationListener listener, BooleanSupplier cancelled) {}
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
