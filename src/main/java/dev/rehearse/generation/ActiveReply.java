package dev.rehearse.generation;

import dev.rehearse.generation.GeneratedToken.Alternative;
import dev.rehearse.generation.GeneratedToken.Value;
import dev.rehearse.generation.Report.Part;
import dev.rehearse.networks.Decoding.Choice;
import dev.rehearse.networks.Decoding.Scores;
import dev.rehearse.networks.Decoding.Values;
import dev.rehearse.text.IncrementalDecoder;
import dev.rehearse.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A reply that is growing in a slot. Confined to the scheduler's thread, except for {@link #cancel}. */
final class ActiveReply implements BatchScheduler.Ticket {
    private final GenerationRequest request;
    private final GenerationListener listener;
    private final IncrementalDecoder decoder;
    private final StopStrings stops;
    private final TokenCounts counts;
    private final StringBuilder text = new StringBuilder();
    private final List<GeneratedToken> tokens = new ArrayList<>();
    /** The prompt's from the second on, as far as they are reported. */
    private final List<GeneratedToken> promptTokens = new ArrayList<>();
    /** Tokens of the prompt whose state is in the slot. */
    private int read;

    private @Nullable News news;

    private volatile boolean cancelled;
    /** Whether the listener heard that the reply ended, in one way or the other. */
    private boolean toldEnd;

    ActiveReply(GenerationRequest request, GenerationListener listener, Tokenizer tokenizer) {
        this.request = request;
        this.listener = listener;
        decoder = tokenizer.incrementalDecoder();
        stops = new StopStrings(request.stop());
        counts = new TokenCounts(request.steering().penalties(), request.prompt());
    }

    GenerationRequest request() {
        return request;
    }

    @Override
    public void cancel() {
        cancelled = true;
    }

    boolean isCancelled() {
        return cancelled;
    }

    int read() {
        return read;
    }

    /** Whether the prompt has not been read to its end. */
    boolean isReading() {
        return read < request.prompt().length;
    }

    private boolean reportsPrompt() {
        return request.report().has(Part.PROMPT);
    }

    /** Whether the part of the prompt that is read next is reported. */
    boolean isScoring() {
        return reportsPrompt() && read < request.prompt().length - 1;
    }

    /** It has a slot; returns whether the reply ended with that. */
    boolean admitted() {
        if (!cancelled) {
            listener.admitted();
        }
        return reportsPrompt() && !isScoring() && promptRead();
    }

    /** Takes the report of the prompt's tokens after the {@code start}-th; returns whether the reply ended with it. */
    boolean accept(Scores scores, int start) {
        for (int row = 0; row < scores.logProbs().length; row++) {
            List<Alternative> alternatives = alternatives(scores.topTokens()[row], scores.topLogProbs()[row]);
            promptTokens.add(
                    new GeneratedToken(request.prompt()[start + row + 1], scores.logProbs()[row], alternatives));
        }
        return !isScoring() && promptRead();
    }

    private boolean promptRead() {
        boolean ends = request.maxTokens() == 0;
        if (!cancelled) {
            listener.promptRead(promptTokens);
        }
        if (ends && !cancelled) {
            toldEnd = true;
            listener.finished(new Completion("", tokens, FinishReason.LENGTH, request.prompt().length, promptTokens));
        }
        return ends;
    }

    /** The state of the prompt's first tokens is in the slot now. */
    void readUpTo(int count) {
        read = count;
    }

    /** The tokens whose state is in the slot: all but the last chosen one, which has not been read yet. */
    int[] held() {
        int[] prompt = request.prompt();
        if (tokens.isEmpty()) {
            return Arrays.copyOf(prompt, read);
        }
        int[] held = Arrays.copyOf(prompt, prompt.length + tokens.size() - 1);
        for (int k = 0; k < tokens.size() - 1; k++) {
            held[prompt.length + k] = tokens.get(k).id();
        }
        return held;
    }

    int heldLength() {
        return read + Math.max(0, tokens.size() - 1);
    }

    TokenCounts counts() {
        return counts;
    }

    int lastToken() {
        return tokens.get(tokens.size() - 1).id();
    }

    /** Where the last chosen token stands in the sequence. */
    int lastPosition() {
        return request.prompt().length + tokens.size() - 1;
    }

    /** The number that decides the next draw; any for a greedy reply. */
    float uniform() {
        return request.sampler() instanceof Sampler.Boltzmann boltzmann
                ? CounterRandom.uniform(boltzmann.seed(), tokens.size())
                : 0;
    }

    /** What the listener has not heard yet: the last token, the text that is certain since, and the end if it is one. */
    private record News(
            String certain, GeneratedToken token, @Nullable FinishReason end) {}

    /** Takes the token chosen in this reply's row; returns whether the reply ended. The listener hears by {@link #tell}. */
    boolean accept(Choice choice, int row, int[] endTokens) {
        GeneratedToken token = token(choice, row);
        tokens.add(token);
        counts.add(token.id());
        FinishReason end = end(token.id(), endTokens);
        String certain = stops.accept(end == FinishReason.STOP ? "" : decoder.accept(token.id()));
        if (stops.found()) {
            end = FinishReason.STOP;
        } else if (end != null) {
            certain += stops.accept(decoder.finish()) + stops.finish();
        }
        text.append(certain);
        news = new News(certain, token, end);
        return end != null;
    }

    private @Nullable FinishReason end(int id, int[] endTokens) {
        for (int endToken : endTokens) {
            if (id == endToken) {
                return FinishReason.STOP;
            }
        }
        return tokens.size() == request.maxTokens() ? FinishReason.LENGTH : null;
    }

    /** Tells the listener of the last token. */
    void tell() {
        News last = news;
        news = null;
        if (last == null || cancelled) {
            return;
        }
        listener.progressed(last.certain(), List.of(last.token()));
        // The listener may just have cancelled.
        if (last.end() != null && !cancelled) {
            toldEnd = true;
            listener.finished(
                    new Completion(text.toString(), tokens, last.end(), request.prompt().length, promptTokens));
        }
    }

    private GeneratedToken token(Choice choice, int row) {
        Values values = choice.values();
        boolean valued = request.report().has(Part.VALUES) && values.q().length > 0;
        return new GeneratedToken(
                choice.tokens()[row],
                choice.logProbs()[row],
                alternatives(choice.topTokens()[row], choice.topLogProbs()[row]),
                valued ? new Value(values.q()[row], values.v()[row]) : null);
    }

    private List<Alternative> alternatives(int[] topTokens, float[] topLogProbs) {
        List<Alternative> alternatives = new ArrayList<>();
        int count = Math.min(request.report().topLogProbs(), topTokens.length);
        for (int k = 0; k < count; k++) {
            alternatives.add(new Alternative(topTokens[k], topLogProbs[k]));
        }
        return alternatives;
    }

    void fail(RuntimeException cause) {
        if (!cancelled && !toldEnd) {
            toldEnd = true;
            listener.failed(cause);
        }
    }
}
