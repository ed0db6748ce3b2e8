package dev.rehearse.completions;

import dev.rehearse.generation.GenerationRequest;
import dev.rehearse.generation.Penalties;
import dev.rehearse.generation.Report;
import dev.rehearse.generation.Report.Part;
import dev.rehearse.generation.Steering;
import dev.rehearse.models.Lease;
import dev.rehearse.models.LoadedModel;
import dev.rehearse.text.Message;
import dev.rehearse.web.ApiException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
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
        LogProbs logProbs = request.logProbs();
        requireAllowed(options, logProbs, lease);
        int[] prompt = encode(request.messages(), model);
        ContextBudget budget = new ContextBudget(model.contextLength(), "messages");
        int maxTokens = budget.replyTokens(prompt.length, options.maxTokens(), Integer.MAX_VALUE);
        List<GenerationRequest> requests =
                samples(options.n(), prompt, new Limits(maxTokens, report(logProbs, false)), options);
        Envelope envelope = Envelope.of("chatcmpl-", lease.model(), prompt.length, options);
        return new Work(requests, new ChatWire(envelope, new TokenNames(model), options.n(), logProbs != null));
    }

    /** @throws ApiException 400 when a prompt does not fit */
    Work text(TextRequest request, Lease lease) {
        Options options = request.options();
        requireAllowed("n", request.bestOf(), request.prompts().size());
        LoadedModel model = lease.loaded();
        requireAllowed(options, request.logProbs(), lease);
        boolean reportsPrompt = request.echo() && (request.logProbs() != null || isNothing(options.maxTokens()));
        if (reportsPrompt && !model.scoresPrompts()) {
            throw Fields.unsupported(
                    "echo",
                    "The model '" + lease.model().id() + "' reads prompts by an encoder, which gives their tokens no"
                            + " probability; allowed: 'echo' without 'logprobs' and with 'max_tokens' above 0");
        }
        Report report = report(request.logProbs(), reportsPrompt);
        ContextBudget budget = new ContextBudget(model.contextLength(), "prompt");
        List<GenerationRequest> requests = new ArrayList<>();
        List<TextWire.Echo> echoed = new ArrayList<>();
        int promptTokens = 0;
        for (Prompt one : request.prompts()) {
            int[] prompt = encode(one, "prompt", model);
            promptTokens += prompt.length;
            int maxTokens = budget.replyTokens(prompt.length, options.maxTokens(), TEXT_TOKENS);
            requests.addAll(samples(request.bestOf(), prompt, new Limits(maxTokens, report), options));
            if (request.echo()) {
                String text = one instanceof Prompt.Text given ? given.text() : model.decode(prompt);
                echoed.add(new TextWire.Echo(text, prompt[0]));
            }
        }
        Envelope envelope = Envelope.of("cmpl-", lease.model(), promptTokens, options);
        TextWire.Layout layout = new TextWire.Layout(
                echoed, request.prompts().size(), options.n(), request.bestOf(), request.logProbs() != null);
        return new Work(requests, new TextWire(envelope, new TokenNames(model), layout));
    }

    private static boolean isNothing(@Nullable Integer maxTokens) {
        return maxTokens != null && maxTokens == 0;
    }

    private static Report report(@Nullable LogProbs logProbs, boolean prompt) {
        Set<Part> parts = EnumSet.noneOf(Part.class);
        if (prompt) {
            parts.add(Part.PROMPT);
        }
        if (logProbs != null && logProbs.values()) {
            parts.add(Part.VALUES);
        }
        return new Report(logProbs == null ? 0 : logProbs.top(), parts);
    }

    private record Limits(int maxTokens, Report report) {}

    private List<GenerationRequest> samples(int count, int[] prompt, Limits limits, Options options) {
        long freshSeed = seeds.next();
        List<GenerationRequest> samples = new ArrayList<>();
        for (int sample = 0; sample < count; sample++) {
            samples.add(new GenerationRequest(
                    prompt,
                    limits.maxTokens(),
                    options.sampling().sampler(sample, freshSeed),
                    options.stop(),
                    options.sampling().steering(),
                    limits.report()));
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

    /** @throws ApiException 400 when the model cannot do what was asked for */
    private static void requireAllowed(Options options, @Nullable LogProbs logProbs, Lease lease) {
        Steering steering = options.sampling().steering();
        requireKnown(steering.penalties(), lease.loaded());
        if (steering.decodeBeta() != null) {
            requireQ(OptionsReader.DECODE_BETA, lease);
        }
        if (logProbs != null && logProbs.values()) {
            requireQ(OptionsReader.TOKEN_VALUES, lease);
        }
    }

    private static void requireQ(String param, Lease lease) {
        if (!lease.loaded().hasQ()) {
            throw Fields.unsupported(
                    param,
                    "The model '" + lease.model().id() + "' has no Q heads; allowed: models that were tuned with the"
                            + " algorithm dqn, ilql or mc");
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

    /** @param param the field that holds it */
    static int[] encode(Prompt prompt, String param, LoadedModel model) {
        if (prompt instanceof Prompt.Text text) {
            return requireTokens(model.encode(text.text()), param);
        }
        int[] ids = ((Prompt.Tokens) prompt).ids();
        for (int id : ids) {
            if (id >= model.vocabularySize()) {
                throw Fields.outOfRange(param, "token " + id, "token ids below " + model.vocabularySize());
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
