package dev.rehearse.completions;

import dev.rehearse.completions.Options.Delivery;
import dev.rehearse.web.ApiException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The body of {@code POST /v1/completions}. Immutable.
 *
 * @param topLogProbs alternatives wanted beside each token's log-probability; null when none of it is wanted
 * @param echo whether the prompt comes before the reply
 * @param bestOf replies generated for each prompt, of which the n most probable are given
 */
record TextRequest(
        Options options, List<Prompt> prompts, @Nullable Integer topLogProbs, boolean echo, int bestOf) {
    TextRequest {
        prompts = List.copyOf(prompts);
    }

    /** @throws ApiException 400 naming the field that is missing, wrong or not supported */
    static TextRequest of(JsonNode json) {
        Fields body = Fields.ofBody(json);
        String model = OptionsReader.model(body);
        List<Prompt> prompts = PromptReader.read(body.require("prompt"));
        int n = OptionsReader.n(body);
        boolean echo = body.flag("echo");
        Integer maxTokens = body.integer("max_tokens", echo ? 0 : 1, Integer.MAX_VALUE);
        Sampling sampling = OptionsReader.sampling(body);
        List<String> stop = OptionsReader.stop(body);
        Delivery delivery = OptionsReader.delivery(body);
        Integer topLogProbs = body.integer("logprobs", 0, 5);
        int bestOf = bestOf(body, n, delivery);
        refuseWhatIsNotDone(body, echo && topLogProbs != null);
        Options options = new Options(model, n, maxTokens, sampling, stop, delivery, body.unknown());
        return new TextRequest(options, prompts, topLogProbs, echo, bestOf);
    }

    private static int bestOf(Fields body, int n, Delivery delivery) {
        Integer bestOf = body.integer("best_of", 0, 20);
        if (bestOf == null || bestOf == 0) {
            return n;
        }
        if (bestOf < n) {
            throw Fields.outOfRange("best_of", bestOf, "at least n, which is " + n);
        }
        if (delivery != Delivery.WHOLE && bestOf > 1) {
            throw Fields.outOfRange("best_of", bestOf, "1 when 'stream' is true");
        }
        return bestOf;
    }

    private static void refuseWhatIsNotDone(Fields body, boolean promptLogProbs) {
        OptionsReader.settle(body);
        String suffix = body.text("suffix");
        if (suffix != null && !suffix.isEmpty()) {
            throw Fields.unsupported("suffix", "Models here only continue a text");
        }
        if (promptLogProbs) {
            throw Fields.unsupported(
                    "echo",
                    "Together with 'logprobs' it asks for the prompt's log-probabilities, which are not computed");
        }
    }
}
