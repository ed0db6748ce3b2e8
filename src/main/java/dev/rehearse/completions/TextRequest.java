package dev.rehearse.completions;

import dev.rehearse.completions.Options.Delivery;
import dev.rehearse.web.ApiException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The body of {@code POST /v1/completions}. Immutable.
 *
 * @param logProbs what is told beside each token, also of an echoed prompt; null when nothing is
 * @param echo whether the prompt comes before the reply
 * @param bestOf replies generated for each prompt, of which the n most probable are given
 */
record TextRequest(
        Options options, List<Prompt> prompts, @Nullable LogProbs logProbs, boolean echo, int bestOf) {
    TextRequest {
        prompts = List.copyOf(prompts);
    }

    /** @throws ApiException 400 naming the field that is missing, wrong or not supported */
    static TextRequest of(JsonNode json) {
        Fields body = Fields.ofBody(json);
        String model = OptionsReader.model(body);
        List<Prompt> prompts = PromptReader.read(body.require("prompt"), "prompt");
        int n = OptionsReader.n(body);
        boolean echo = body.flag("echo");
        Integer maxTokens = body.integer("max_tokens", echo ? 0 : 1, Integer.MAX_VALUE);
        Sampling sampling = OptionsReader.sampling(body);
        List<String> stop = OptionsReader.stop(body);
        Delivery delivery = OptionsReader.delivery(body);
        LogProbs logProbs = OptionsReader.logProbs(body, body.integer("logprobs", 0, 5));
        int bestOf = bestOf(body, n, delivery);
        refuseWhatIsNotDone(body);
        Options options = new Options(model, n, maxTokens, sampling, stop, delivery, body.unknown());
        return new TextRequest(options, prompts, logProbs, echo, bestOf);
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

    private static void refuseWhatIsNotDone(Fields body) {
        OptionsReader.settle(body);
        String suffix = body.text("suffix");
        if (suffix != null && !suffix.isEmpty()) {
            throw Fields.unsupported("suffix", "Models here only continue a text");
        }
    }
}
