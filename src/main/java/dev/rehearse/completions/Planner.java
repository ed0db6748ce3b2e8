package dev.rehearse.completions;

import dev.rehearse.generation.GenerationRequest;
import dev.rehearse.generation.Penalties;
import dev.rehearse.models.Lease;
import dev.rehearse.models.LoadedModel;
import dev.rehearse.text.Message;
import dev.rehearse.web.ApiException;
import java.util.ArrayList;
import java.util.List;
import org.springframework.stereotype.Component;

/** Turns a request into what the model is to generate: tokens, limits, seeds. Thread-safe. */
@Component
final class Planner {
    private static final int TEXT_TOKENS = 16;

    private final CompletionsProperties settings;
    private final Seeds seeds;

    Planner(CompletionsProperties settings, Seeds seeds) {
        this.settings = settings;
        this.seeds = seeds;
    }

    /** @throws ApiException 400 when the conversation does not fit */
    Work chat(ChatRequest request, Lease lease) {
        Options options = request.options();
        requireAllowed("n", options.n(), 1);
        LoadedModel model = lease.loaded();
        requireKnown(options.sampling().penalties(), model);
        int[] prompt = encode(request.messages(), model);
        ContextBudget budget = new ContextBudget(model.contextLength(), "messages");
        int maxTokens = budget.replyTokens(prompt.length, options.maxTokens(), Integer.MAX_VALUE);
        Integer top = request.topLogProbs();
        List<GenerationRequest> requests =
                samples(options.n(), prompt, new Limits(maxTokens, top == null ? 0 : top), options);
        Envelope envelope = Envelope.of("chatcmpl-", lease.model(), prompt.length, options);
        return new Work(requests, new ChatWire(envelope, new TokenNames(model), options.n(), top != null));
    }

    /** @throws ApiException 400 when a prompt does not fit */
    Work text(TextRequest request, Lease lease) {
        Options options = request.options();
        requireAllowed("n", request.bestOf(), request.prompts().size());
        LoadedModel model = lease.loaded();
        requireKnown(options.sampling().penalties(), model);
        ContextBudget budget = new ContextBudget(model.contextLength(), "prompt");
        Integer top = request.topLogProbs();
        List<GenerationRequest> requests = new ArrayList<>();
        List<String> echoed = new ArrayList<>();
        int promptTokens = 0;
        for (Prompt one : request.prompts()) {
            int[] prompt = encode(one, model);
            promptTokens += prompt.length;
            int maxTokens = budget.replyTokens(prompt.length, options.maxTokens(), TEXT_TOKENS);
            requests.addAll(samples(request.bestOf(), prompt, new Limits(maxTokens, top == null ? 0 : top), options));
            if (request.echo()) {
                echoed.add(one instanceof Prompt.Text text ? text.text() : model.decode(prompt));
            }
        }
        Envelope envelope = Envelope.of("cmpl-", lease.model(), promptTokens, options);
        TextWire.Layout layout =
                new TextWire.Layout(echoed, request.prompts().size(), options.n(), request.bestOf(), top != null);
        return new Work(requests, new TextWire(envelope, new TokenNames(model), layout));
    }

    private record Limits(int maxTokens, int topLogProbs) {}

    private List<GenerationRequest> samples(int count, int[] prompt, Limits limits, Options options) {
        long freshSeed = seeds.next();
        List<GenerationRequest> samples = new ArrayList<>();
        for (int sample = 0; sample < count; sample++) {
            samples.add(new GenerationRequest(
                    prompt,
                    limits.maxTokens(),
                    options.sampling().sampler(sample, freshSeed),
                    options.stop(),
                    limits.topLogProbs(),
                    options.sampling().penalties()));
        }
        return samples;
    }

    private void requireAllowed(String param, int repliesPerPrompt, int prompts) {
        long replies = (long) repliesPerPrompt * prompts;
        if (replies > settings.maxReplies()) {
            throw Fields.outOfRange(
                    param,
                    repliesPerPrompt + " replies to " + prompts + " prompts",
                    "at most " + settings.maxReplies() + " replies in one request");
        }
    }

    private static void requireKnown(Penalties penalties, LoadedModel model) {
        for (int token : penalties.bias().keySet()) {
            if (token < 0 || token >= model.vocabularySize()) {
                throw Fields.outOfRange(
                        "logit_bias",
                        "the token " + Integer.toUnsignedString(token),
                        "token ids below " + model.vocabularySize());
            }
        }
    }

    /** @throws ApiException 400 when the model's template cannot say the conversation */
    static int[] encode(List<Message> conversation, LoadedModel model) {
        try {
            int[] prompt = model.encode(conversation);
            return requireTokens(prompt, "messages");
        } catch (IllegalArgumentException e) {
            throw ApiException.invalid(
                    "invalid_value", "messages", "The model's chat template cannot take them: " + e.getMessage());
        }
    }

    private static int[] encode(Prompt prompt, LoadedModel model) {
        if (prompt instanceof Prompt.Text text) {
            return requireTokens(model.encode(text.text()), "prompt");
        }
        int[] ids = ((Prompt.Tokens) prompt).ids();
        for (int id : ids) {
            if (id >= model.vocabularySize()) {
                throw Fields.outOfRange("prompt", "token " + id, "token ids below " + model.vocabularySize());
            }
        }
        return ids;
    }

    private static int[] requireTokens(int[] tokens, String param) {
        if (tokens.length == 0) {
            throw Fields.outOfRange(param, "it has no token for this model", "at least one token");
        }
        return tokens;
    }
}
